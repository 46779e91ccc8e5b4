import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RunJson } from '../../../src/core/run-json.ts';
import { readStat } from '../../../src/processes/linux-stat.ts';
import { eventually } from '../../support/eventually.ts';
import { leaseNow } from '../../support/lease-now.ts';
import { shell } from '../../support/temporary-repository.ts';
import { type Warden, warden } from './warden.ts';

/** One run, which ends when it is told, holds the only slot. */
async function busy(): Promise<Warden & { readonly goOn: string; readonly running: RunJson }> {
  const cli = await warden();
  const goOn = path.join(cli.repository.path, 'go-on');
  const workflows = { worker: shell(`until [ -e ${goOn} ]; do sleep 0.05; done`) };
  await cli.repository.defineWorkflows(workflows, { maxConcurrentRuns: 1 });
  return { ...cli, goOn, running: (await cli.json<RunJson>('run', 'worker')).document };
}

const pendingRun = async (cli: Warden): Promise<RunJson | undefined> =>
  (await cli.json<{ runs: RunJson[] }>('list', '--status', 'pending')).document.runs[0];

/** What a waiting command has started where nobody watches; it ends by itself. */
const standInFor = async (cli: Warden): Promise<{ ended(): Promise<unknown> }> => {
  const { pid, face } = await eventually(() => leaseNow(cli.repository.stateFolder));
  expect(face).toBe('watch');
  return { ended: () => eventually(() => readStat(pid)?.state !== 'alive') };
};

describe('warden run of a workflow whose slots are taken', () => {
  test('waits, shows its place, and starts when it is its turn', async () => {
    await using cli = await busy();
    const waiting = cli.start(['run', 'worker', '--json']);
    const queued = await eventually(() => pendingRun(cli));
    expect(queued).toMatchObject({
      queue_place: 1,
      reason: 'waiting for another run to end, place 1 in the queue',
      health: { level: 'healthy' },
    });
    expect((await cli.run('status', queued.run_id)).output).toMatch(
      /^status +pending: waiting .*, place 1 in the queue$/m,
    );
    const standIn = await standInFor(cli);
    await mkdir(cli.goOn);
    const { exitCode, output } = await waiting.ended;
    expect(exitCode).toBe(0);
    expect(JSON.parse(output)).toMatchObject({ run_id: queued.run_id, status: 'running', queue_place: null });
    await cli.run('wait', queued.run_id);
    await standIn.ended();
  });

  test('is cancelled by Ctrl+C', async () => {
    await using cli = await busy();
    const waiting = cli.start(['run', 'worker', '--json']);
    const queued = await eventually(() => pendingRun(cli));
    const standIn = await standInFor(cli);
    waiting.child.kill('SIGINT');
    const { exitCode, output } = await waiting.ended;
    expect(exitCode).toBe(130);
    expect(JSON.parse(output)).toMatchObject({ run_id: queued.run_id, status: 'terminated' });
    await mkdir(cli.goOn);
    await cli.run('wait', cli.running.run_id);
    await standIn.ended();
  });

  test('leaves it in the queue when its terminal is closed: it starts all the same', async () => {
    await using cli = await busy();
    const waiting = cli.start(['run', 'worker']);
    const queued = await eventually(() => pendingRun(cli));
    const standIn = await standInFor(cli);
    waiting.child.kill('SIGHUP');
    await once(waiting.child, 'exit');
    await mkdir(cli.goOn);
    expect((await cli.json('wait', queued.run_id)).document).toMatchObject({ status: 'completed' });
    await standIn.ended();
  });
});
