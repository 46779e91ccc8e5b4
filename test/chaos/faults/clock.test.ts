import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { startHost } from '../host/host.ts';
import { expectInvariants } from '../invariants.ts';
import { perl, type Shape } from '../shapes/shape.ts';
import { randomFor, seed } from '../stage/form.ts';
import { expectGone, putOnStage } from '../stage/shape-on-stage.ts';

const deaf: Shape = {
  name: 'deaf',
  command: perl(`$SIG{TERM} = 'IGNORE'; daemon { mark('daemon'); stay() }; mark('command'); stay();`),
  marks: ['daemon', 'command'],
};

/** The quick stages together take this long. */
const patience = 600;

const day = 86_400_000;

describe.skipIf(process.platform !== 'linux')(`time that is not what it seems, seed ${seed}`, () => {
  test('a clock that jumps both ways makes a kill neither longer nor shorter', async () => {
    const random = randomFor('jumps');
    await using stage = await putOnStage(deaf, ({ clock }) => ({
      clock: {
        now: () => clock.now() + random.below(20 * day) - 10 * day,
        monotonic: () => clock.monotonic(),
        turn: () => clock.turn(),
        sleep: (milliseconds, signal) => clock.sleep(milliseconds, signal),
      },
    }));
    const report = await expectGone(stage, deaf, {});
    expect(report.method).toBe('system');
    expect(report.durationMilliseconds).toBeGreaterThanOrEqual(patience);
    expect(report.durationMilliseconds).toBeLessThan(patience + 10_000);
  });

  test('a machine that sleeps for eight hours in a kill goes on where it was', async () => {
    let sleptFrom: number | null = null;
    await using stage = await putOnStage(deaf, ({ clock }) => ({
      clock: {
        now: () => clock.now() + (sleptFrom === null ? 0 : day / 3),
        // What Linux gives us stands still meanwhile.
        monotonic: () => (sleptFrom === null ? clock.monotonic() : Math.max(sleptFrom, clock.monotonic() - 1_000)),
        turn: () => clock.turn(),
        sleep: (milliseconds, signal) => clock.sleep(milliseconds, signal),
      },
    }));
    const asleep = (async () => {
      await eventually(async () => (await stage.supervisor.recent({}))[0]?.run.status === 'terminating');
      await sleep(patience / 2);
      sleptFrom = Number(process.hrtime.bigint()) / 1e6;
    })();
    const report = await expectGone(stage, deaf, {});
    await asleep;
    expect(report).toMatchObject({ method: 'system' });
    expect(report.durationMilliseconds).toBeLessThan(patience + 10_000);
  });

  test('a host that is stopped in the middle of a kill ends it when it wakes, once, and the others are told', async () => {
    await using stage = await putOnStage(deaf);
    const { repository, supervisor, run, lifeline, bystanders } = stage;
    await using host = startHost(repository.stateFolder, { verb: 'kill', runId: run.runId });
    await eventually(async () => (await supervisor.recent({}))[0]?.run.status === 'terminating');
    host.child.kill('SIGSTOP');
    const other = supervisor.kill(run.runId);
    await sleep(patience * 2);
    host.child.kill('SIGCONT');
    const report = await other;
    expect((await host.answer)?.result).toEqual(report);
    expect(report).toMatchObject({ success: true, method: 'system', survivors: [] });
    expect(lifeline.isHeld()).toBe(false);
    await expectInvariants({ repository, supervisor, bystanders, acknowledged: { runs: [run], reports: [report] } });
  });
});
