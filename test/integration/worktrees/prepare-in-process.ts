// Brings a pool up to date, or takes from it, in a process of its own that ends as a crash would: the arguments are the
// folder of the repository, how many there are to be, the request of a hand-out as JSON or an empty text, and before which
// git command or change of a name, counted from 1, it ends; 0 for none.
// oxlint-disable no-console -- it is a program
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const [directory = '', size = '0', request = '', steps = '0'] = process.argv.slice(2);
let left = Number(steps);
function step(): void {
  left -= 1;
  if (left === 0) process.kill(process.pid, 'SIGKILL');
}
const { rename } = fs.promises;
Object.assign(fs.promises, {
  rename: (...parameters: Parameters<typeof rename>) => (step(), rename(...parameters)),
});
const { default: childProcess } = await import('node:child_process');
const { spawn } = childProcess;
Object.assign(childProcess, { spawn: (...parameters: Parameters<typeof spawn>) => (step(), spawn(...parameters)) });
syncBuiltinESMExports();
const { gitWorktrees } = await import('../../../src/worktrees/git-worktrees.ts');
const worktrees = gitWorktrees();
const repository = await worktrees.repositoryOf(directory);
const { signal } = new AbortController();
const isOccupied = (): Promise<boolean> => Promise.resolve(false);
if (request === '')
  await worktrees.tendPool(repository, { size: Number(size), isOccupied, endWorkers: () => Promise.resolve(), signal });
else {
  const handOut = JSON.parse(request) as Parameters<typeof worktrees.handOut>[0];
  console.log((await worktrees.handOut({ ...handOut, repository, isOccupied, signal })) !== null);
}
await worktrees.settled();
console.log('done');
