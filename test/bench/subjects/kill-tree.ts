import { open } from 'node:fs/promises';
import path from 'node:path';
import { benchSupervisor, type BenchSupervisor, type StartedRun } from '../bench-supervisor.ts';
import type { Comparison, Contender } from '../comparison.ts';
import { floor, others, type TreeKill } from '../tree-kills.ts';
import { cooperativeTree, scatteredTree, type Tree, withLifeline } from '../trees.ts';
import type { Subject } from './subject.ts';

const ten = cooperativeTree(3, 2);
const hundred = cooperativeTree(9, 10);
const hundredHeld = withLifeline(hundred);

/** One run is killed, from the verb to the report. */
export const killTree: Subject = {
  open: async () => {
    const bench = await benchSupervisor([ten, hundred, hundredHeld, scatteredTree]);
    return {
      comparisons: [
        comparison(bench, 'Kill a tree of 10', ten, 'SIGTERM', 15),
        comparison(bench, 'Kill a tree of 100', hundred, 'SIGTERM', 7),
        untilGone(bench, 'Kill a tree of 100, until the last of it is gone', hundredHeld, 'SIGTERM', 7),
        comparison(bench, 'Kill a tree of 100 by force', hundred, 'SIGKILL', 7),
        comparison(bench, 'Kill a tree of 5, two of which left it', scatteredTree, 'SIGTERM', 5),
      ],
      [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose](),
    };
  },
};

function comparison(
  bench: BenchSupervisor,
  title: string,
  tree: Tree,
  signal: 'SIGTERM' | 'SIGKILL',
  rounds: number,
): Comparison {
  const ours: Contender = {
    name: 'ours',
    prepare: async () => {
      const runs = await bench.start(tree, 1);
      const kill = async (): Promise<void> => {
        for (const { runId } of runs) await bench.supervisor.kill(runId, { force: signal === 'SIGKILL' });
      };
      return { run: kill, finish: () => bench.settle(runs) };
    },
  };
  const theirs = ({ name, kill }: TreeKill): Contender => ({
    name,
    prepare: async () => {
      const runs = await bench.start(tree, 1);
      const roots = runs.map(({ rootPid }) => rootPid);
      return { run: () => kill(roots, signal), finish: () => bench.settle(runs) };
    },
  });
  const notes = ['ours: the verb, decided and reported durably, two empty looks included; in a git worktree'];
  return { title, notes, rounds, amount: 1, contenders: [ours, theirs(floor), ...others.map(theirs)] };
}

/** What a tree kill is after, without what comes before and after it for us: told from outside for all alike. */
function untilGone(
  bench: BenchSupervisor,
  title: string,
  tree: Tree,
  signal: 'SIGTERM' | 'SIGKILL',
  rounds: number,
): Comparison {
  const contender = (name: string, kill: (run: StartedRun) => Promise<unknown>): Contender => ({
    name,
    prepare: async () => {
      const runs = await bench.start(tree, 1);
      const gone = await Promise.all(runs.map(({ runId }) => lifelineOf(bench, runId)));
      const killing: Promise<unknown>[] = [];
      return {
        run: async () => {
          killing.push(...runs.map(kill));
          await Promise.all(gone.map((end) => end()));
        },
        finish: async () => {
          await Promise.all(killing);
          return bench.settle(runs);
        },
      };
    },
  });
  const notes = ['from the call to the end of the last process, which a pipe tells that all of them hold'];
  return {
    title,
    notes,
    rounds,
    amount: 1,
    contenders: [
      contender('ours', ({ runId }) => bench.supervisor.kill(runId, { force: signal === 'SIGKILL' })),
      ...[floor, ...others].map(({ name, kill }) => contender(name, ({ rootPid }) => kill([rootPid], signal))),
    ],
  };
}

/** @returns resolves when nobody holds the other end any more */
async function lifelineOf({ repository }: BenchSupervisor, runId: string): Promise<() => Promise<void>> {
  const pipe = await open(path.join(repository.stateFolder, 'runs', runId, 'lifeline'));
  return async () => {
    await pipe.read(Buffer.alloc(1), 0, 1);
    await pipe.close();
  };
}
