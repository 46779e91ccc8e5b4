import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import type { TemporaryRepository } from '../../support/temporary-repository.ts';
import { sh, type Shape } from './shape.ts';

/** A hook that takes long, in runs only: the product's own git has no lifeline. */
const slowly = `[ -z "$LIFELINE" ] || { echo up >&9; sleep 600; }`;

async function addHook(gitDirectory: string, name: string, text: string): Promise<void> {
  const file = path.join(gitDirectory, 'hooks', name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `#!/bin/sh\n${text}\n`);
  await chmod(file, 0o755);
}

const remoteOf = (repository: TemporaryRepository): string => path.join(path.dirname(repository.path), 'remote.git');

async function makeRemote(repository: TemporaryRepository): Promise<string> {
  const remote = remoteOf(repository);
  await repository.git('clone', '--quiet', '--bare', repository.path, remote);
  await repository.git('remote', 'add', 'slow', remote);
  return remote;
}

/** A push whose client alone is killed is finished by the other end, minutes later. */
async function expectNotPushed(repository: TemporaryRepository): Promise<void> {
  expect(await repository.git('-C', remoteOf(repository), 'branch', '--list', 'pushed')).toBe('');
}

/** Twenty bytes a second. */
const trickle = String.raw`echo up >&9; perl -e "\$| = 1; while (sysread(STDIN, my \$byte, 1)) { print \$byte; select(undef, undef, undef, 0.05) }" | git receive-pack`;

const commit = `echo more >> README.md; git commit -qam more`;

/** A worktree that the run itself began is not ours to remove; git does on SIGTERM, and else whoever wants to can. */
async function removeHalfMade(repository: TemporaryRepository): Promise<void> {
  const another = path.join(path.dirname(repository.path), 'lifeline.another');
  if ((await repository.git('worktree', 'list')).includes(another)) {
    await repository.git('worktree', 'remove', '--force', '--force', another);
  }
  await repository.git('branch', '-D', 'another');
}

/** Git in the middle of something, with its locks held. */
export const gitAtWork: readonly Shape[] = [
  {
    name: 'git commit in a slow hook',
    command: sh(commit),
    marks: ['up'],
    prepare: (repository) => addHook(path.join(repository.path, '.git'), 'pre-commit', slowly),
  },
  {
    name: 'git rebase in a slow step',
    command: sh(`${commit}; ${commit}; git rebase -q --exec 'echo up >&9; sleep 600' HEAD~2; :`),
    marks: ['up'],
  },
  {
    name: 'git push to a slow remote',
    command: sh(`${commit}; git push -q slow HEAD:refs/heads/pushed; :`),
    marks: ['up'],
    prepare: async (repository) => addHook(await makeRemote(repository), 'pre-receive', slowly),
    afterwards: expectNotPushed,
  },
  {
    name: 'git push by a transport that trickles',
    command: sh(`${commit}; git push -q --receive-pack='${trickle}' slow HEAD:refs/heads/pushed; :`),
    marks: ['up'],
    prepare: async (repository) => void (await makeRemote(repository)),
    afterwards: expectNotPushed,
  },
  {
    name: 'git worktree add in a slow checkout',
    command: sh(`git worktree add -q -b another "$LIFELINE.another"; :`),
    marks: ['up'],
    prepare: async (repository) => {
      await repository.git('config', 'filter.slow.smudge', `sh -c '${slowly}; cat'`);
      await writeFile(path.join(repository.path, '.gitattributes'), '*.md filter=slow\n');
      await repository.git('add', '.');
      await repository.git('commit', '--quiet', '-m', 'A slow filter');
    },
    afterwards: removeHalfMade,
  },
];
