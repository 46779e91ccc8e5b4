import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { KillReport } from '../../../src/core/kill-report.ts';
import type { Run } from '../../../src/core/run.ts';
import { isTerminal } from '../../../src/core/run-status.ts';
import { eventually } from '../../support/eventually.ts';
import { temporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor } from '../../support/test-supervisor.ts';
import { startHost } from '../host/host.ts';
import { expectInvariants } from '../invariants.ts';
import { ordinary } from '../shapes/ordinary.ts';
import { runaways } from '../shapes/runaways.ts';
import { Bystanders } from '../stage/bystanders.ts';
import { keepChronicle } from '../stage/chronicle.ts';
import { isLong, randomFor, seed } from '../stage/form.ts';
import { Lifeline } from '../stage/lifeline.ts';
import { quickStages } from '../stage/quick-stages.ts';

const size = isLong ? 200 : 20;

/** Those that a machine can hold two hundred of. */
const shapes = [...ordinary, ...runaways].filter(({ name, needs }) => needs === undefined && name !== '500 children');

type Fate = 'killed' | 'forced' | 'killed by another' | 'command dies' | 'wrapper dies' | 'lives';
const fates: readonly Fate[] = ['killed', 'forced', 'killed by another', 'command dies', 'wrapper dies', 'lives'];

describe.skipIf(process.platform !== 'linux')(`a crowd of ${size} runs, seed ${seed}`, () => {
  test('random kills hit whom they are meant for, and nobody else', { timeout: 600_000 }, async () => {
    const random = randomFor('crowd');
    await using repository = await temporaryRepository();
    const folder = path.dirname(repository.path);
    await using lifeline = await Lifeline.make(folder);
    const workflows = shapes.map(({ command }, index) => [
      `shape-${index}`,
      { command, env: { LIFELINE: lifeline.file }, kill: quickStages },
    ]);
    await repository.defineWorkflows(Object.fromEntries(workflows));
    await using scope = await testSupervisor(repository);
    keepChronicle(repository.stateFolder);
    const { supervisor } = scope;
    const crowd = Array.from({ length: size }, () => random.below(shapes.length));
    const runs = await Promise.all(
      crowd.map((shape) => supervisor.run({ workflowName: `shape-${shape}`, directory: repository.path, message: '' })),
    );
    await using bystanders = await Bystanders.gather(folder, runs[0]!.runId, runs[0]!.worktree!.path);
    const marks = crowd.reduce((sum, shape) => sum + shapes[shape]!.marks.length, 0);
    await eventually(() => lifeline.marks().length >= marks, 60_000);
    // Whose wrapper dies later is known by having been seen: a daemon without environment by nothing else.
    await supervisor.reconcile();

    const reports: KillReport[] = [];
    const meet = async (run: Run, fate: Fate): Promise<void> => {
      await sleep(random.below(1_000));
      switch (fate) {
        case 'killed':
        case 'forced':
          reports.push(await supervisor.kill(run.runId, { force: fate === 'forced' }));
          break;
        case 'killed by another': {
          await using host = startHost(repository.stateFolder, { verb: 'kill', runId: run.runId });
          const answer = await host.answer;
          expect(answer?.error).toBeUndefined();
          if (answer?.result !== undefined) reports.push(answer.result);
          break;
        }
        case 'command dies':
          process.kill(run.process!.command.pid, 'SIGKILL');
          break;
        case 'wrapper dies':
          process.kill(run.process!.wrapper.pid, 'SIGKILL');
          break;
        case 'lives':
      }
    };
    const meant = runs.map((run, index) => ({ run, fate: fateOf(index, random) }));
    await Promise.all(meant.map(({ run, fate }) => meet(run, fate)));

    for (const report of reports) expect(report).toMatchObject({ success: true, survivors: [] });
    const statuses = await eventually(async () => {
      await supervisor.reconcile();
      const found = (await supervisor.list({ limit: 1_000 })).runs.map(({ run }) => run);
      return found.some(({ status }) => status === 'terminating')
        ? null
        : new Map(found.map((run) => [run.runId, run]));
    }, 60_000);
    const wrong = meant.filter(({ run, fate }) => {
      const { status } = statuses.get(run.runId)!;
      if (fate === 'lives' || fate === 'wrapper dies') return status !== 'running';
      return fate === 'command dies' ? status !== 'failed' : !isTerminal(status);
    });
    expect(wrong.map(({ run, fate }) => `${run.workflowName} ${fate}: ${statuses.get(run.runId)?.status}`)).toEqual([]);

    const alive = [...statuses.values()].filter(({ status }) => status === 'running');
    reports.push(...(await Promise.all(alive.map(({ runId }) => supervisor.kill(runId, { force: true })))));
    expect(lifeline.isHeld() ? lifeline.holders() : [], 'who is left').toEqual([]);
    await expectInvariants({ repository, supervisor, bystanders, acknowledged: { runs, reports } });
  });
});

/** Other processes are dear: one in twenty. */
function fateOf(index: number, random: ReturnType<typeof randomFor>): Fate {
  return index % 20 === 0 ? 'killed by another' : random.oneOf(fates.filter((fate) => fate !== 'killed by another'));
}
