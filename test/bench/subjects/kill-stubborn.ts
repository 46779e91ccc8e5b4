import type { Supervisor } from '../../../src/supervisor/supervisor.ts';
import type { SupervisorInThread } from '../../../src/thread/supervisor-in-thread.ts';
import { benchSupervisor, type BenchSupervisor, openBenchSupervisor, openBenchThread } from '../bench-supervisor.ts';
import type { Comparison, Contender } from '../comparison.ts';
import { floor, others, type TreeKill } from '../tree-kills.ts';
import { stubbornTree } from '../trees.ts';
import type { Subject } from './subject.ts';

/** Runs that ignore SIGTERM: 10 s of grace, and what comes on top. */
export const killStubborn: Subject = {
  open: async () => {
    const bench = await benchSupervisor([stubbornTree]);
    const elsewhere = await benchSupervisor([stubbornTree], 'folders');
    const ours: readonly [Ours, Ours] = [
      { name: 'ours', bench, open: () => openWatching(bench) },
      { name: 'ours, from a window', bench, open: () => openBenchThread(bench.repository) },
    ];
    const pm2 = others.filter(({ name }) => name === 'pm2');
    return {
      comparisons: [
        comparison('Kill a run that ignores SIGTERM', 1, ours, elsewhere, [floor]),
        comparison('Kill 200 runs that ignore SIGTERM at once', 200, ours, elsewhere, [floor, ...pm2]),
      ],
      [Symbol.asyncDispose]: async () => {
        await bench[Symbol.asyncDispose]();
        await elsewhere[Symbol.asyncDispose]();
      },
    };
  },
};

interface Ours {
  readonly name: string;
  /** Starts the runs and looks after them. */
  readonly bench: BenchSupervisor;
  /** Who kills them. Only one watches at a time: what it does would be told of the other. */
  readonly open: () => Promise<Pick<SupervisorInThread, 'kill' | 'dispose'>>;
}

async function openWatching({ repository }: BenchSupervisor): Promise<Supervisor> {
  const supervisor = await openBenchSupervisor(repository, 'git');
  supervisor.startWatching(5_000);
  return supervisor;
}

function comparison(
  title: string,
  amount: number,
  [first, ...more]: readonly [Ours, ...Ours[]],
  elsewhere: BenchSupervisor,
  ladders: readonly TreeKill[],
): Comparison {
  const us = ({ name, bench, open }: Ours): Contender => ({
    name,
    prepare: async () => {
      const runs = await bench.start(stubbornTree, amount);
      const supervisor = await open();
      const kill = async (): Promise<void> => {
        await Promise.all(runs.map(({ runId }) => supervisor.kill(runId)));
      };
      const finish = async (): Promise<number> => {
        await supervisor.dispose();
        return await bench.settle(runs);
      };
      return { run: kill, finish };
    },
  });
  const theirs = ({ name, kill }: TreeKill): Contender => ({
    name,
    prepare: async () => {
      const runs = await elsewhere.start(stubbornTree, amount);
      const roots = runs.map(({ rootPid }) => rootPid);
      const climb = async (): Promise<void> => {
        await kill(roots, 'SIGTERM');
        await kill(roots, 'SIGKILL');
      };
      return { run: climb, finish: () => elsewhere.settle(runs) };
    },
  });
  const notes = ['ours: in git worktrees, with the watch at work; the others: SIGTERM, 10 s, SIGKILL'];
  return {
    title,
    notes,
    rounds: 1,
    warmUps: 0,
    amount,
    contenders: [us(first), ...more.map(us), ...ladders.map(theirs)],
  };
}
