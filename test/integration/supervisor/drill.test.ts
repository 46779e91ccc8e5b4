import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { isDrillPassed } from '../../../src/core/drill.ts';
import type { Executor } from '../../../src/core/ports/executor.ts';
import type { ProcessFacts } from '../../../src/core/process-identity.ts';
import { eventually } from '../../support/eventually.ts';
import { replacedMethods } from '../../support/replaced-methods.ts';
import { processesOf } from '../../support/run-processes.ts';
import { temporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor } from '../../support/test-supervisor.ts';

const scratchFolders = async (): Promise<string[]> =>
  (await readdir(tmpdir())).filter((name) => name.startsWith('warden-scratch-'));

describe('a drill', () => {
  test('kills a tree that is hard to end, proves it, and leaves nothing but its history', async () => {
    await using repository = await temporaryRepository();
    await using scope = await testSupervisor(repository, ({ worktrees }) => ({
      worktrees: replacedMethods(worktrees, {
        checkpoint: async (worktree) => {
          await sleep(300);
          return worktrees.checkpoint(worktree);
        },
      }),
    }));
    const before = await scratchFolders();
    const report = await scope.supervisor.drill();
    expect(report.processes).toHaveLength(7);
    expect(report.processes.filter(({ ended }) => !ended)).toEqual([]);
    expect(report.kill).toMatchObject({ success: true, survivors: [], method: 'system' });
    expect(isDrillPassed(report)).toBe(true);
    expect(processesOf(report.runId)).toEqual([]);
    expect((await scratchFolders()).filter((name) => !before.includes(name))).toEqual([]);
    const { run } = await scope.supervisor.status(report.runId);
    expect(run).toMatchObject({ workflowName: 'drill', status: 'killed', worktree: null });
    await scope.supervisor.settled();
    expect(scope.failures).toEqual([]);
  });

  test('is not passed, and still ends what it started, where somebody is not recognised', async () => {
    await using repository = await temporaryRepository();
    let isBlind = false;
    await using scope = await testSupervisor(repository, ({ executor }) => ({
      executor: blindFor(executor, ({ cookie, name }) => isBlind && cookie === null && /^(sh|sleep)$/.test(name)),
    }));
    const report = await scope.supervisor.drill(() => {
      isBlind = true;
    });
    const missed = report.processes.filter(({ ended }) => !ended);
    expect(missed).toMatchObject([{ shape: 'is a daemon that emptied its environment' }]);
    expect(isDrillPassed(report)).toBe(false);
    await eventually(() => !isAlive(missed[0]!.pid));
  });
});

/** Stands for a system on which a daemon with an emptied environment is nobody's. */
function blindFor(executor: Executor, isUnseen: (facts: ProcessFacts) => boolean): Executor {
  const look: Executor['look'] = async () => {
    const { bootId, processes } = await executor.look();
    return { bootId, processes: new Map([...processes].filter(([, facts]) => !isUnseen(facts))) };
  };
  const freeze: Executor['freeze'] = async (request) => {
    const frozen = await executor.freeze(request);
    const unseen = frozen.filter(({ member }) => isUnseen(member.facts));
    await executor.signal(unseen.map(({ member: { identity } }) => ({ identity, signal: 'SIGCONT' })));
    return frozen.filter((one) => !unseen.includes(one));
  };
  return new Proxy(executor, {
    get(target, name) {
      if (name === 'look') return look;
      if (name === 'freeze') return freeze;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}
