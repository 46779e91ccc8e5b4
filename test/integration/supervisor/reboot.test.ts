import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openPorts } from '../../../src/open-supervisor.ts';
import { readStat } from '../../../src/processes/linux-stat.ts';
import type { ProcessIdentity } from '../../../src/core/process-identity.ts';
import type { Run } from '../../../src/core/run.ts';
import { aRun, aStop, killedAt } from '../../unit/core/a-run.ts';
import { exitOf } from '../../support/exit-of.ts';
import { temporaryRepository, type TemporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor } from '../../support/test-supervisor.ts';

interface Stranger extends AsyncDisposable {
  /** As a process of an earlier boot would be known that had the same number and was as old. */
  readonly namesake: ProcessIdentity;
  isAlive(): boolean;
}

/** A process that has the number of one that a run had before the machine was started anew. */
async function stranger(): Promise<Stranger> {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  const exited = exitOf(child);
  await once(child, 'spawn');
  const pid = child.pid!;
  return {
    namesake: { bootId: 'an earlier boot', pid, startTime: readStat(pid)!.startTime },
    isAlive: () => child.exitCode === null && child.signalCode === null,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** The run as a supervisor finds it that comes after the machine was started anew. */
async function foundAfterReboot(repository: TemporaryRepository, run: Run, exitRecord?: string): Promise<Run> {
  const ports = await openPorts({
    face: 'cli',
    diagnostics: { failed: () => undefined },
    environment: { WARDEN_STATE_DIR: repository.stateFolder },
  });
  const { runId } = run;
  const actor = { user: 'dev', face: 'cli' } as const;
  const audit = { at: killedAt, runId, action: 'launch', actor, outcome: 'asked', why: null, facts: {} } as const;
  await ports.store.insertRun(run, audit);
  ports.store.close();
  if (exitRecord !== undefined) {
    const folder = path.join(repository.stateFolder, 'runs', runId);
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'exit'), exitRecord);
  }
  const { supervisor, failures, [Symbol.asyncDispose]: dispose } = await testSupervisor(repository);
  await supervisor.reconcile();
  const found = (await supervisor.status(runId)).run;
  await dispose();
  expect(failures).toEqual([]);
  return found;
}

describe('after the machine was started anew', () => {
  const processOf = ({ namesake }: Stranger): Run['process'] => ({
    ...aRun().process!,
    command: namesake,
    wrapper: namesake,
  });

  test('a run that was running is lost, and whoever has its number now is left alone', async () => {
    await using repository = await temporaryRepository();
    await using other = await stranger();
    const run = await foundAfterReboot(repository, aRun({ worktree: null, process: processOf(other) }));
    expect(run).toMatchObject({ status: 'failed', reason: { code: 'lost_in_reboot' }, exitCode: null });
    expect(other.isAlive()).toBe(true);
  });

  test('a run that had ended right before has the exit that was recorded', async () => {
    await using repository = await temporaryRepository();
    await using other = await stranger();
    const run = aRun({ worktree: null, process: processOf(other) });
    expect(await foundAfterReboot(repository, run, 'exit 3\n')).toMatchObject({
      status: 'failed',
      reason: { code: 'exit_code' },
      exitCode: 3,
    });
    expect(other.isAlive()).toBe(true);
  });

  test.each([false, true])('a stop that was under way (forced: %s) is over, without a signal', async (force) => {
    await using repository = await temporaryRepository();
    await using other = await stranger();
    const stop = aStop({ bootId: 'an earlier boot', carrier: other.namesake, force });
    const run = aRun({ worktree: null, status: 'terminating', stop, process: processOf(other) });
    const found = await foundAfterReboot(repository, run);
    expect(found).toMatchObject({ status: 'terminated', reason: { code: 'killed' }, stop: null, exitCode: null });
    expect(found.killReport).toMatchObject({ success: true, signals: [], survivors: [] });
    expect(other.isAlive()).toBe(true);
  });

  test('a launch that was under way is taken back', async () => {
    await using repository = await temporaryRepository();
    await using other = await stranger();
    const launching = { status: 'pending', startedAt: null, launcher: other.namesake, worktree: null, process: null };
    const found = await foundAfterReboot(repository, aRun(launching as Partial<Run>));
    expect(found).toMatchObject({ status: 'failed', reason: { code: 'launch_interrupted' } });
    expect(other.isAlive()).toBe(true);
  });

  test('a launch that was cancelled is over', async () => {
    await using repository = await temporaryRepository();
    await using other = await stranger();
    const stop = aStop({ bootId: 'an earlier boot', carrier: other.namesake });
    const launching = {
      status: 'pending',
      startedAt: null,
      launcher: other.namesake,
      worktree: null,
      process: null,
      stop,
    };
    const found = await foundAfterReboot(repository, aRun(launching as Partial<Run>));
    expect(found).toMatchObject({ status: 'terminated', reason: { code: 'cancelled' } });
    expect(other.isAlive()).toBe(true);
  });
});
