import { benchSupervisor, type BenchSupervisor } from '../bench-supervisor.ts';
import type { Comparison, Contender } from '../comparison.ts';
import { floor, others, type TreeKill } from '../tree-kills.ts';
import { singleProcess } from '../trees.ts';
import type { Subject } from './subject.ts';

const all = 1_000;

/** The others start `ps` for each process or tree: a part of the runs shows what one costs, in their favour. */
const part = 100;

/** Every run of a full house is killed at once. */
export const killMany: Subject = {
  open: async () => {
    const bench = await benchSupervisor([singleProcess], 'folders');
    const elsewhere = await benchSupervisor([singleProcess], 'folders');
    bench.supervisor.startWatching(5_000);
    return {
      comparisons: [comparison(bench, elsewhere)],
      [Symbol.asyncDispose]: async () => {
        await bench[Symbol.asyncDispose]();
        await elsewhere[Symbol.asyncDispose]();
      },
    };
  },
};

function comparison(bench: BenchSupervisor, elsewhere: BenchSupervisor): Comparison {
  const ours: Contender = {
    name: 'ours',
    prepare: async () => {
      const runs = await bench.start(singleProcess, all);
      const kill = async (): Promise<void> => {
        await Promise.all(runs.map(({ runId }) => bench.supervisor.kill(runId)));
      };
      return { run: kill, finish: () => bench.settle(runs) };
    },
  };
  const theirs = ({ name, kill }: TreeKill, amount: number): Contender => ({
    name,
    amount,
    rounds: amount === all ? 2 : 1,
    prepare: async () => {
      const runs = await elsewhere.start(singleProcess, amount);
      const roots = runs.map(({ rootPid }) => rootPid);
      return { run: () => kill(roots, 'SIGTERM'), finish: () => elsewhere.settle(runs) };
    },
  });
  const notes = [
    'replaced: plain folders instead of git worktrees; store, run folders, processes and the watch are real',
    `a run is its wrapper and one process; tree-kill and pm2 are given ${part} runs, ratios are by the run`,
  ];
  const contenders = [ours, theirs(floor, all), ...others.map((other) => theirs(other, part))] as const;
  return { title: `Kill ${all} runs at once`, notes, rounds: 2, warmUps: 0, amount: all, contenders };
}
