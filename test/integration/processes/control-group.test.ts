import { spawn } from 'node:child_process';
import { mkdir, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { type RunId, runIdFrom } from '../../../src/core/run-id.ts';
import { controlGroupOf } from '../../../src/processes/control-group.ts';
import { openLocalExecutor } from '../../../src/processes/local-executor.ts';
import { scopeName } from '../../../src/processes/systemd-scope.ts';
import { eventually } from '../../support/eventually.ts';
import { exitOf } from '../../support/exit-of.ts';

const executor = await openLocalExecutor();
const runId = runIdFrom(crypto.getRandomValues(new Uint8Array(6)));

const pidsIn = async (folder: string): Promise<ReadonlySet<number>> =>
  (await executor.enclosed(new Map([[runId, folder]]))).get(runId) ?? new Set();

interface Group extends AsyncDisposable {
  readonly folder: string;
  readonly below: string;
}

/** @returns null where we may not make one */
async function groupOf(id: RunId): Promise<Group | null> {
  const own = await controlGroupOf('self');
  if (own === null) return null;
  const folder = path.join(own, scopeName(id));
  const below = path.join(folder, 'below');
  try {
    await mkdir(below, { recursive: true });
  } catch {
    return null;
  }
  const remove = (group: string): Promise<boolean> => eventually(() => rmdir(group).then(() => true));
  return { folder, below, [Symbol.asyncDispose]: async () => void [await remove(below), await remove(folder)] };
}

test('everyone in the control group of a run and below it is found, and killed at once', async ({ skip }) => {
  const made = await groupOf(runId);
  if (made === null) return skip('no control group of version 2 can be made here');
  await using group = made;
  const script = `echo $$ > "$0/cgroup.procs"; sleep 600 & (echo 0 > "$1/cgroup.procs"; exec setsid sleep 600) & wait`;
  const child = spawn('sh', ['-c', script, group.folder, group.below], { stdio: 'ignore' });
  const exited = exitOf(child);
  await eventually(async () => (await pidsIn(group.folder)).size >= 3);
  await eventually(async () => (await pidsIn(group.below)).size === 0);
  expect(await executor.killControlGroup(runIdFrom(Uint8Array.of(1, 2, 3, 4, 5, 6)), group.folder)).toBe(false);
  expect(await executor.killControlGroup(runId, path.dirname(group.folder))).toBe(false);
  expect(child.exitCode).toBeNull();
  expect(await executor.killControlGroup(runId, group.folder)).toBe(true);
  expect(await exited).toEqual([null, 'SIGKILL']);
  await eventually(async () => (await pidsIn(group.folder)).size === 0);
});

test('a control group that we are in ourselves is not killed', async ({ skip }) => {
  const made = await groupOf(runId);
  if (made === null) return skip('no control group of version 2 can be made here');
  const own = path.join((await controlGroupOf('self')) ?? '', 'cgroup.procs');
  await using group = made;
  await writeFile(path.join(group.folder, 'cgroup.procs'), String(process.pid));
  try {
    expect(await executor.killControlGroup(runId, group.folder)).toBe(false);
  } finally {
    await writeFile(own, String(process.pid));
  }
});
