// Restores in a process of its own that ends as a crash would at one of its git commands: the arguments are the folder of
// the repository, the request as JSON, which git command from 1 on, and whether before or after it.
// oxlint-disable no-console -- it is a program
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { gitWorktrees } from '../../../src/worktrees/git-worktrees.ts';

const [directory = '', request = '{}', number = '0', when = 'before'] = process.argv.slice(2);
const folder = await mkdtemp(path.join(tmpdir(), 'warden-git-'));
const { stdout: git } = await execa('which', ['git']);
const counter = path.join(folder, 'count');
await writeFile(
  path.join(folder, 'git'),
  `#!/bin/sh
n=$(($(cat ${counter} 2>/dev/null || echo 0) + 1)); echo $n > ${counter}
die() { rm -r ${folder}; kill -9 $PPID; exit 1; }
[ $n-${when} = ${number}-before ] && die
${git} "$@"; code=$?
[ $n-${when} = ${number}-after ] && die
exit $code
`,
);
await chmod(path.join(folder, 'git'), 0o755);
const worktrees = gitWorktrees();
const repository = await worktrees.repositoryOf(directory);
process.env['PATH'] = `${folder}:${process.env['PATH']}`;
await worktrees.restore({
  repository,
  ...(JSON.parse(request) as Omit<Parameters<typeof worktrees.restore>[0], 'repository' | 'signal' | 'endWorkers'>),
  endWorkers: () => Promise.resolve(),
  signal: new AbortController().signal,
});
await rm(folder, { recursive: true });
