import { expect, it } from 'vitest';
import { type CriticalFacts, criticalSectionsIn } from '../../../src/core/critical-section.ts';
import { aMember } from './a-process.ts';

const nothing: CriticalFacts = { members: [], gitArguments: new Map(), locks: [], declared: [] };

it('of a git within a git, the outer one is told', () => {
  const members = [
    aMember(10, 'member', { parentPid: 1, name: 'git' }),
    aMember(11, 'member', { parentPid: 10, name: 'sh' }),
    aMember(12, 'member', { parentPid: 11, name: 'git' }),
    aMember(13, 'member', { parentPid: 1, name: 'git' }),
    aMember(14, 'member', { parentPid: 13, name: 'git' }),
  ];
  const gitArguments = new Map([
    [10, ['git', 'rebase', 'main']],
    [12, ['git', 'commit', '-n']],
    [13, ['git', 'status']],
    [14, ['git', 'gc']],
  ]);
  expect(criticalSectionsIn({ ...nothing, members, gitArguments })).toEqual([
    { kind: 'git', operation: 'rebase', pid: 10 },
    { kind: 'git', operation: 'gc', pid: 14 },
  ]);
});

it('a lock is told where its git is not, and only that of a member', () => {
  const members = [
    aMember(10, 'member', { name: 'git' }),
    aMember(11, 'member', { parentPid: 10, name: 'git' }),
    aMember(12, 'member', { name: 'git' }),
  ];
  const gitArguments = new Map([
    [10, ['git', 'commit']],
    [11, ['git', 'read-tree']],
    [12, ['git', 'add', '.']],
  ]);
  const locks = [10, 11, 12, 99].map((pid) => ({ path: '/x/index.lock', pid }));
  expect(criticalSectionsIn({ ...nothing, members, gitArguments, locks })).toEqual([
    { kind: 'git', operation: 'commit', pid: 10 },
    { kind: 'lock', path: '/x/index.lock', pid: 12 },
  ]);
});

it('what is declared counts while its holder lives in the run, or where none is named', () => {
  const declared = [
    { name: 'publish', pid: 10 },
    { name: 'of one who is dead', pid: 11 },
    { name: 'of nobody', pid: null },
  ];
  expect(criticalSectionsIn({ ...nothing, members: [aMember(10)], declared })).toEqual([
    { kind: 'declared', name: 'publish', pid: 10 },
    { kind: 'declared', name: 'of nobody', pid: null },
  ]);
});

it('a member that is said to be its own parent is no reason to look for ever', () => {
  const members = [aMember(10, 'member', { parentPid: 11 }), aMember(11, 'member', { parentPid: 10 })];
  const gitArguments = new Map([[10, ['git', 'commit']]]);
  expect(criticalSectionsIn({ ...nothing, members, gitArguments })).toHaveLength(1);
});
