import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Run } from '../../../src/core/run.ts';
import { startHost } from '../host/host.ts';
import { expectInvariants } from '../invariants.ts';
import { runaways } from '../shapes/runaways.ts';
import { randomFor, rounds, seed } from '../stage/form.ts';
import { putOnStage } from '../stage/shape-on-stage.ts';

const shape = runaways.find(({ name }) => name === 'a daemon by double fork')!;

describe.skipIf(process.platform !== 'linux')(`two windows and a command line, seed ${seed}`, () => {
  test.each(Array.from({ length: rounds }, (_, index) => index + 1))(
    'kill and restart one run at the same time: it ends once, and everyone is told the same (round %i)',
    async (round) => {
      const random = randomFor(`hands ${round}`);
      await using stage = await putOnStage(shape);
      const { repository, supervisor, run, bystanders, seen } = stage;
      const { runId } = run;
      const host = async (request: Parameters<typeof startHost>[1]) => {
        await sleep(random.below(150));
        await using started = startHost(repository.stateFolder, request);
        const answer = await started.answer;
        expect(answer?.error).toBeUndefined();
        return answer?.result;
      };
      const [patient, forced, restarted, own] = await Promise.all([
        host({ verb: 'kill', runId }),
        host({ verb: 'kill', runId, options: { force: true } }),
        host({ verb: 'restart', runId }) as Promise<Run>,
        sleep(300 + random.below(300)).then(() => supervisor.kill(runId)),
      ]);
      expect(patient).toEqual(own);
      expect(forced).toEqual(own);
      expect(own).toMatchObject({ success: true, survivors: [] });
      const left = seen.filter(({ pid }) => stage.lifeline.holders().some((holder) => holder.pid === pid));
      expect(left, 'processes of the old run').toEqual([]);
      const runs = (await supervisor.list({})).runs.map((report) => report.run);
      expect(runs.map(({ runId }) => runId)).toEqual([restarted.runId, runId]);
      expect(runs[0]).toMatchObject({ status: 'running', restartedFrom: runId });
      const last = await supervisor.kill(restarted.runId, { force: true });
      expect(stage.lifeline.isHeld()).toBe(false);
      const acknowledged = { runs: [run, restarted], reports: [own, last] };
      await expectInvariants({ repository, supervisor, bystanders, acknowledged });
    },
  );
});
