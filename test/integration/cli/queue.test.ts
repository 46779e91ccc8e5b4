import { withinRun } from '../../support/within-run.ts';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RunJson } from '../../../src/core/run-json.ts';
import { readStat } from '../../../src/processes/linux-stat.ts';
import { eventually } from '../../support/eventually.ts';
import { leaseNow } from '../../support/lease-now.ts';
import { shell } from '../../support/temporary-repository.ts';
import { mayStartWatch, type Warden, warden } from './warden.ts';

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
    const waiting = cli.start(['run', 'worker', '--json'], { environment: mayStartWatch });
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
    const waiting = cli.start(['run', 'worker', '--json'], { environment: mayStartWatch });
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
    const waiting = cli.start(['run', 'worker'], { environment: mayStartWatch });
    const queued = await eventually(() => pendingRun(cli));
    const standIn = await standInFor(cli);
    waiting.child.kill('SIGHUP');
    await once(waiting.child, 'exit');
    await mkdir(cli.goOn);
    expect((await cli.json('wait', queued.run_id)).document).toMatchObject({ status: 'completed' });
    await standIn.ended();
  });
});

describe('warden run --after', () => {
  test('waits for each of them, and is cancelled with the reason when one is killed', async () => {
    await using cli = await busy();
    const { run_id } = cli.running;
    const waiting = cli.start(['run', 'worker', '--after', run_id, '--after', run_id, '--json'], {
      environment: mayStartWatch,
    });
    const queued = await eventually(() => pendingRun(cli));
    expect(queued).toMatchObject({ queue_place: null, after: [run_id], reason: `waiting for ${run_id} to complete` });
    const standIn = await standInFor(cli);
    await cli.run('kill', run_id);
    const { exitCode, output } = await waiting.ended;
    expect(exitCode).toBe(1);
    expect(JSON.parse(output)).toMatchObject({
      run_id: queued.run_id,
      status: 'terminated',
      reason: `cancelled, since ${run_id}, which it waited for, is terminated`,
    });
    await standIn.ended();
  });

  test('with a run that is not there is exit code 3', async () => {
    await using cli = await warden();
    await cli.repository.defineWorkflows({ worker: shell('true') });
    expect((await cli.run('run', 'worker', '--after', 'run_0123456789ab')).exitCode).toBe(3);
  });
});

describe('warden kill of a run that has started others', () => {
  const start = async (cli: Warden, parent: string): Promise<RunJson> => {
    const { output } = await cli.start(['run', 'hang', '--json'], { environment: withinRun(parent) }).ended;
    return JSON.parse(output) as RunJson;
  };

  test('tells that they go on, and with --with-children ends them too, also those of one that is over', async () => {
    await using cli = await warden();
    await cli.repository.defineWorkflows({ hang: shell('sleep 600') });
    const { document: parent } = await cli.json<RunJson>('run', 'hang');
    const child = await start(cli, parent.run_id);
    const grandchild = await start(cli, child.run_id);
    const { errors } = await cli.run('kill', child.run_id);
    expect(errors).toContain(`what ${child.run_id} has started goes on: ${grandchild.run_id}`);
    const { exitCode, document } = await cli.json<{ reports: { run_id: string; success: boolean }[] }>(
      'kill',
      parent.run_id,
      '--with-children',
    );
    expect(exitCode).toBe(0);
    expect(document.reports).toMatchObject([
      { run_id: grandchild.run_id, success: true },
      { run_id: parent.run_id, success: true },
    ]);
  });
});
