import { appendFile, chmod, lstat, mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { git } from '../../integration/worktrees/temporary-repository.ts';
import type { randomFor } from '../stage/form.ts';

type Random = ReturnType<typeof randomFor>;

const oddNames = [
  'plain',
  'two words',
  ' leading and trailing ',
  'line\nbreak',
  'tab\tand "quotes" and \\',
  '-rf',
  '--',
  '*',
  '[a-z]?',
  ':(glob)**',
  '!important',
  '#comment',
  '$HOME',
  '库/文件',
  'ü',
  'u\u0308',
  'مرحبا',
  '🦀',
  'CON',
  '.hidden',
  'a'.repeat(255),
  `deep/${'d'.repeat(100)}/${'e'.repeat(100)}/${'f'.repeat(100)}/${'g'.repeat(100)}/end`,
  '\u00ff\u00fe',
  '...',
  'a.lock',
  'HEAD',
  'node_modules.txt',
];

/** One thing that a run may do to its worktree. Git may refuse it in the state in which the worktree is. */
type Deed = (place: Place) => Promise<unknown>;

export interface Place {
  readonly random: Random;
  readonly worktree: string;
  /** A folder with precious files, to which links lead. */
  readonly outside: string;
  /** A repository that nested ones are clones of. */
  readonly remote: string;
  readonly tracked: readonly string[];
}

const content = ({ random }: Place): string | Buffer => {
  switch (random.below(6)) {
    case 0:
      return '';
    case 1:
      return Buffer.from(Array.from({ length: 1 + random.below(4_000) }, () => random.below(256)));
    case 2:
      return `one\r\ntwo\r\n${random.below(1_000_000)}`;
    case 3:
      return `one\r\ntwo\n${random.below(1_000_000)}\n`;
    case 4:
      return 'x'.repeat(random.below(100_000));
    default:
      return `line ${random.below(1_000_000)}\n`;
  }
};

function someName({ random }: Place): string {
  const depth = random.below(3);
  return path.join(...Array.from({ length: depth + 1 }, () => random.oneOf(oddNames)));
}

/** Something that is there, tracked or not; git's own file is left alone. */
async function somethingThere({ random, worktree }: Place): Promise<string> {
  const names = (await readdir(worktree)).filter((name) => name !== '.git' && name !== '.gitignore');
  return names.length === 0 ? 'plain' : random.oneOf(names);
}

async function write(place: Place, name: string): Promise<void> {
  const file = path.join(place.worktree, name);
  if (Buffer.byteLength(file) > 3_000) return;
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content(place));
}

const run =
  (...parameters: string[]): Deed =>
  ({ worktree }) =>
    git(worktree, ...parameters);

const onSomething =
  (...parameters: string[]): Deed =>
  async (place) =>
    git(place.worktree, '--literal-pathspecs', ...parameters, '--', await somethingThere(place));

const link: Deed = async (place) => {
  const { random, worktree, outside } = place;
  const target = random.oneOf([
    outside,
    path.join(outside, 'precious'),
    '/nowhere/\n',
    '.',
    '..',
    '../..',
    'plain',
    random.oneOf(oddNames),
    path.relative(worktree, outside),
  ]);
  const file = path.join(worktree, random.oneOf(['link', 'link in/folder', 'plain', 'linked folder']));
  await mkdir(path.dirname(file), { recursive: true });
  if (random.below(2) === 0) await rm(file, { recursive: true, force: true });
  await symlink(target, file);
};

const conflict =
  (...parameters: string[]): Deed =>
  async ({ worktree, random, tracked }) => {
    const file = path.join(worktree, random.oneOf(tracked));
    const here = await git(worktree, 'rev-parse', 'HEAD');
    await git(worktree, 'stash', 'push', '--quiet');
    await writeFile(file, 'theirs\n');
    await git(worktree, 'commit', '--quiet', '--all', '--message=theirs');
    const theirs = await git(worktree, 'rev-parse', 'HEAD');
    await git(worktree, 'reset', '--quiet', '--hard', here);
    await writeFile(file, 'ours\n');
    await git(worktree, 'commit', '--quiet', '--all', '--message=ours');
    await git(worktree, 'stash', 'pop', '--quiet').catch(() => undefined);
    await git(worktree, ...parameters, theirs);
  };

/** The more often one stands here, the more often it is done. */
export const deeds: Readonly<Record<string, Deed>> = {
  'write a new file': async (place) => write(place, someName(place)),
  'write another new file': async (place) => write(place, someName(place)),
  'write into a folder': async (place) => write(place, `folder/${someName(place)}`),
  'change a tracked file': async (place) => write(place, place.random.oneOf(place.tracked)),
  'add to a tracked file': async (place) =>
    appendFile(path.join(place.worktree, place.random.oneOf(place.tracked)), 'x\n'),
  'write what git ignores': async (place) => write(place, `ignored/${someName(place)}`),
  'force what git ignores': async (place) => {
    await write(place, 'ignored/forced');
    await git(place.worktree, 'add', '--force', 'ignored/forced');
  },
  delete: async (place) => rm(path.join(place.worktree, await somethingThere(place)), { recursive: true }),
  'rename behind the back of git': async (place) =>
    rename(
      path.join(place.worktree, await somethingThere(place)),
      path.join(place.worktree, `renamed ${place.random.below(9)}`),
    ),
  'rename by git': async (place) =>
    git(place.worktree, 'mv', '--', await somethingThere(place), `moved ${place.random.below(9)}`),
  'change a mode': async (place) => {
    const file = path.join(place.worktree, await somethingThere(place));
    if ((await lstat(file)).isFile())
      await chmod(file, place.random.oneOf([0o755, 0o644, 0o600, 0o777, 0o444, 0o100]) | 0o400);
  },
  'a folder becomes a file': async (place) => {
    await rm(path.join(place.worktree, 'folder'), { recursive: true });
    await write(place, 'folder');
  },
  'a file becomes a folder': async (place) => {
    const name = place.random.oneOf(place.tracked);
    await rm(path.join(place.worktree, name), { recursive: true });
    await write(place, `${name}/inside`);
  },
  link,
  'another link': link,
  'stage something': onSomething('add'),
  'stage something else': onSomething('add'),
  'stage everything': run('add', '--all'),
  'take out of the index': onSomething('rm', '--quiet', '-r', '--cached'),
  'intend to add': onSomething('add', '--intent-to-add'),
  unstage: onSomething('reset', '--quiet'),
  'a mode in the index only': onSomething('update-index', '--chmod=+x'),
  'look away': onSomething('update-index', '--assume-unchanged'),
  'skip a file': onSomething('update-index', '--skip-worktree'),
  commit: run('commit', '--quiet', '--message=work'),
  amend: run('commit', '--quiet', '--amend', '--message=amended'),
  'go back': run('reset', '--quiet', 'HEAD~1'),
  'go back to its branch': run('switch', '--quiet', '-'),
  'let git convert line endings': async ({ worktree }) =>
    writeFile(path.join(worktree, '.gitattributes'), '* text=auto\nprogram ident\n'),
  detach: run('switch', '--quiet', '--detach'),
  'begin another history': run('switch', '--quiet', '--orphan', 'another'),
  stash: run('stash', 'push', '--quiet'),
  'a merge with a conflict': conflict('merge', '--no-edit'),
  'a merge that is not committed': conflict('merge', '--no-commit', '--no-ff', '--strategy=ours'),
  'a cherry-pick with a conflict': conflict('cherry-pick'),
  'a rebase with a conflict': conflict('rebase', '--autostash'),
  'a lock that is left': async ({ worktree }) =>
    writeFile(path.join(await git(worktree, 'rev-parse', '--absolute-git-dir'), 'index.lock'), ''),
  'a clone inside': async ({ worktree, remote, random }) => {
    await git(worktree, 'clone', '--quiet', remote, `nested ${random.below(3)}`);
  },
};

export async function doAtRandom(place: Place): Promise<readonly string[]> {
  const names = Object.keys(deeds);
  const done: string[] = [];
  for (let count = 3 + place.random.below(20); count > 0; count -= 1) {
    const name = place.random.oneOf(names);
    const isDone = await deeds[name]?.(place).then(
      () => true,
      () => false,
    );
    done.push(isDone === true ? name : `${name} (refused)`);
  }
  return done;
}
