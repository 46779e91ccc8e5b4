import { benchSupervisor, type BenchSupervisor } from '../bench-supervisor.ts';
import type { Comparison, Contender } from '../comparison.ts';
import { floor, others, type TreeKill } from '../tree-kills.ts';
import { cooperativeTree, scatteredTree, type Tree } from '../trees.ts';
import type { Subject } from './subject.ts';

const ten = cooperativeTree(3, 2);
const hundred = cooperativeTree(9, 10);

/** One run is killed, from the verb to the report. */
export const killTree: Subject = {
  name: 'kill-tree',
  open: async () => {
    const bench = await benchSupervisor([ten, hundred, scatteredTree]);
    return {
      comparisons: [
        comparison(bench, 'Kill a tree of 10', ten, 'SIGTERM', 15),
        comparison(bench, 'Kill a tree of 100', hundred, 'SIGTERM', 7),
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
