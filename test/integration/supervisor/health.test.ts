import { describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { shell, temporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor } from '../../support/test-supervisor.ts';

const hour = 3_600_000;

/** Two seconds. */
const stuckAfterMinutes = 2 / 60;

describe('the watch', () => {
  test('tells hung, drawing, busy, living and waiting runs apart, in words', async () => {
    await using repository = await temporaryRepository();
    const expected = {
      hung: 'running critical quiet',
      spinner: 'running critical repeats',
      busy: 'running healthy',
      building: 'running healthy',
      writing: 'running healthy',
      mute: 'running critical no_sign_of_life',
      wordless: 'running healthy',
      beating: 'running healthy',
      asking: 'running warning waiting',
      blinking: 'running warning waiting',
      late: 'running critical over_time',
      many: 'running critical processes',
      few: 'running healthy',
    };
    const spinner = String.raw`while :; do for c in '|' / - '\'; do printf '\r%s working' "$c"; sleep 0.1; done; done`;
    await repository.defineWorkflows({
      hung: { ...shell('echo hello; sleep 600'), stuckAfterMinutes },
      spinner: { ...shell(spinner), stuckAfterMinutes },
      busy: { ...shell('echo hello; while :; do :; done'), stuckAfterMinutes },
      building: {
        ...shell('printf "Overwrite build? [y/N] "; while :; do perl -e "1 for 1..100000"; done'),
        stuckAfterMinutes,
        onStuck: 'kill',
      },
      writing: { ...shell('echo hello; while :; do date > now; sleep 0.3; done'), stuckAfterMinutes },
      mute: { ...shell('sleep 600'), initializationTimeoutMinutes: 1 / 60 },
      wordless: {
        ...shell('while :; do date > now; sleep 0.1; done'),
        initializationTimeoutMinutes: stuckAfterMinutes,
        onStuck: 'kill',
      },
      beating: {
        ...shell('echo hello; while :; do echo step 3 > "$WARDEN_RUN_DIR/heartbeat"; sleep 0.3; done'),
        stuckAfterMinutes,
      },
      asking: { ...shell('printf "Overwrite main.ts? [y/N] "; sleep 600'), stuckAfterMinutes },
      blinking: {
        ...shell(`while :; do for c in '|' / -; do printf '\\rAllow this? [y/N] %s' "$c"; sleep 0.1; done; done`),
        stuckAfterMinutes,
        onStuck: 'kill',
      },
      late: { ...shell('while :; do date +%N; sleep 0.3; done'), timeoutMinutes: 2 / 60, onTimeout: 'notify' },
      few: { command: ['sleep', '600'], limits: { processes: 1 }, onLimit: 'kill' },
      many: { ...shell('echo; for i in 1 2 3 4 5; do sleep 600 & done; wait'), limits: { processes: 4 } },
    });
    await using scope = await testSupervisor(repository);
    const { supervisor, failures } = scope;
    supervisor.startWatching(500);
    const names = Object.keys(expected);
    const runs = await Promise.all(
      names.map((workflowName) => supervisor.run({ workflowName, directory: repository.path, message: '' })),
    );
    const healthOf = async (): Promise<Record<string, string>> => {
      const reports = await Promise.all(runs.map(({ runId }) => supervisor.status(runId)));
      return Object.fromEntries(
        reports.map(({ run, health }) => [
          run.workflowName,
          [run.status, health.level, ...health.reasons.map(({ code }) => code)].join(' '),
        ]),
      );
    };
    await eventually(async () => {
      expect(await healthOf()).toEqual(expected);
      return true;
    }, 60_000);
    expect(failures).toEqual([]);
  });

  test('ends a run that has reached a limit where its workflow says so, and says why', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({
      doomed: { ...shell('sleep 600'), stuckAfterMinutes, onStuck: 'kill' },
      late: { ...shell('while :; do date +%N; sleep 0.3; done'), timeoutMinutes: 1 / 60 },
      crowd: { ...shell('for i in 1 2 3 4 5; do sleep 600 & done; wait'), limits: { processes: 4 }, onLimit: 'kill' },
    });
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    supervisor.startWatching(500);
    const reasons = await Promise.all(
      ['doomed', 'late', 'crowd'].map(async (workflowName) => {
        const { runId } = await supervisor.run({ workflowName, directory: repository.path, message: '' });
        const { run } = await supervisor.wait(runId);
        return run.reason;
      }),
    );
    expect(reasons).toMatchObject([
      { code: 'killed', atLimit: true, why: expect.stringMatching(/^no output for .* s and no CPU used; limit 2 s$/) },
      { code: 'killed', atLimit: true, why: expect.stringMatching(/^running for .* s; limit 1 s$/) },
      { code: 'killed', atLimit: true, why: expect.stringMatching(/^\d+ processes; limit 4$/) },
    ]);
  });

  test('comes in time for a short time limit, however seldom it is to look', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ late: { ...shell('sleep 600'), timeoutMinutes: 1 / 60 } });
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    supervisor.startWatching(60_000);
    await eventually(() => supervisor.isWatching);
    const { runId } = await supervisor.run({ workflowName: 'late', directory: repository.path, message: '' });
    await eventually(async () => (await supervisor.recent({}))[0]?.run.status === 'terminated');
    expect((await supervisor.status(runId)).run.reason).toMatchObject({ why: expect.stringMatching(/; limit 1 s$/) });
  });

  test.each([
    ['counts it on both clocks', 8 * hour],
    ['lets the monotonic clock stand still, as Linux does', 0],
  ])('calls nothing stuck or late after a machine has slept for eight hours that %s', async (_, monotonic) => {
    await using repository = await temporaryRepository();
    const limits = { stuckAfterMinutes: 5, timeoutMinutes: 30, onStuck: 'kill', onTimeout: 'kill' };
    await repository.defineWorkflows({
      quiet: { ...shell('echo begun; sleep 600'), ...limits },
      talker: { ...shell('while :; do date +%N; sleep 0.3; done'), ...limits },
      asking: { ...shell('printf "Overwrite main.ts? [y/N] "; sleep 600'), ...limits },
      hung: { ...shell('echo begun; sleep 600'), stuckAfterMinutes },
    });
    let slept = { now: 0, monotonic: 0 };
    await using scope = await testSupervisor(repository, ({ clock }) => ({
      clock: {
        now: () => clock.now() + slept.now,
        monotonic: () => clock.monotonic() + slept.monotonic,
        turn: () => clock.turn(),
        sleep: (milliseconds, signal) => clock.sleep(milliseconds, signal),
      },
    }));
    const { supervisor, failures } = scope;
    supervisor.startWatching(500);
    for (const workflowName of ['quiet', 'talker', 'asking', 'hung']) {
      await supervisor.run({ workflowName, directory: repository.path, message: '' });
    }
    const seen = async (): Promise<Record<string, string>> => {
      const reports = await supervisor.recent({});
      return Object.fromEntries(
        reports.map(({ run, health }) => [
          run.workflowName,
          [run.status, health.level, ...health.reasons.map(({ code }) => code)].join(' '),
        ]),
      );
    };
    const awake = {
      quiet: 'running healthy',
      talker: 'running healthy',
      asking: 'running warning waiting',
      hung: 'running critical quiet',
    };
    await eventually(async () => {
      expect(await seen()).toEqual(awake);
      return true;
    }, 30_000);

    slept = { now: 8 * hour, monotonic };
    const wokeAt = Date.now() + slept.now;
    const meanwhile = new Set<string>();
    await eventually(async () => {
      const { quiet, talker, asking } = await seen();
      for (const state of [quiet, talker, asking]) meanwhile.add(String(state));
      const { runs } = await supervisor.list({});
      return runs.every(({ run }) => (run.process?.lastHeartbeat ?? 0) > wokeAt + 1000);
    });
    for (const state of meanwhile)
      expect(state).toMatch(/^running (healthy|warning (waiting|not_watched|waiting not_watched))$/);
    await eventually(async () => {
      expect(await seen()).toEqual(awake);
      return true;
    });
    expect((await supervisor.audit({})).filter(({ action }) => action === 'kill')).toEqual([]);
    expect(failures).toEqual([]);
  });

  test('counts no time for which nobody watched since the start', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ late: { ...shell('sleep 600'), timeoutMinutes: 30 } });
    let unwatched = 0;
    await using scope = await testSupervisor(repository, ({ clock }) => ({
      clock: {
        now: () => clock.now(),
        monotonic: () => clock.monotonic() + unwatched,
        turn: () => clock.turn(),
        sleep: (milliseconds, signal) => clock.sleep(milliseconds, signal),
      },
    }));
    const { supervisor } = scope;
    const { runId } = await supervisor.run({ workflowName: 'late', directory: repository.path, message: '' });
    unwatched = 8 * hour;
    const codes = (await supervisor.status(runId)).health.reasons.map(({ code }) => code);
    expect(codes).toEqual(['over_time', 'not_watched']);
    supervisor.startWatching(500);
    await eventually(async () => (await supervisor.status(runId)).health.level === 'healthy');
    expect((await supervisor.status(runId)).run).toMatchObject({ status: 'running', stop: null });
  });
});
