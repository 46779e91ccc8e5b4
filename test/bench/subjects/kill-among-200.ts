import { benchSupervisor, type BenchSupervisor, openBenchThread } from '../bench-supervisor.ts';
import type { Attempt, Comparison } from '../comparison.ts';
import { cooperativeTree, singleProcess } from '../trees.ts';
import type { SupervisorInThread } from '../../../src/thread/supervisor-in-thread.ts';
import type { Subject } from './subject.ts';

const victim = cooperativeTree(3, 2);
const others = 200;

/** One run is killed from a window that watches over it: alone, and while many others go on. */
export const killAmong200: Subject = {
  open: async () => {
    const stack = new AsyncDisposableStack();
    const bench = stack.use(await benchSupervisor([victim, singleProcess]));
    const thread = await openBenchThread(bench.repository);
    stack.defer(() => thread.dispose());
    let started: Promise<unknown> | null = null;
    const startOthers = (): Promise<unknown> => (started ??= bench.start(singleProcess, others));
    return {
      comparisons: [
        comparison(bench, thread, 'Kill a tree of 10 while nothing else runs', () => Promise.resolve()),
        comparison(bench, thread, `Kill a tree of 10 while ${others} others run`, startOthers),
      ],
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  },
};

function comparison(
  bench: BenchSupervisor,
  thread: SupervisorInThread,
  title: string,
  ready: () => Promise<unknown>,
): Comparison {
  const prepare = async (): Promise<Attempt> => {
    await ready();
    const runs = await bench.start(victim, 1);
    const kill = async (): Promise<void> => {
      for (const { runId } of runs) await thread.kill(runId);
    };
    return { run: kill, finish: () => bench.settle(runs) };
  };
  const notes = ['from the verb to its report, in a git worktree; the window watches and its event loop is looked at'];
  return { title, notes, rounds: 7, amount: 1, contenders: [{ name: 'ours, from a window', prepare }] };
}
