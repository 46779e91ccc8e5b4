import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { table } from '../../../src/cli/table.ts';
import { type BenchSupervisor, benchSupervisor } from '../bench-supervisor.ts';
import { singleProcess, type Tree } from '../trees.ts';
import type { WatchCost, WatchCostRequest } from '../watch-in-process.ts';
import { measureBlocks } from '../event-loop-blocks.ts';
import type { Subject } from './subject.ts';

const seconds = 60;

/** Prints something new each second. */
const printing: Tree = {
  name: 'printing',
  command: ['perl', '-e', '$| = 1; for (my $i = 0;; $i++) { print "step $i", chr(10); select undef, undef, undef, 1 }'],
  size: 1,
};

/** The same, and starts a process each second: everyone who is new has to be recognised. */
const forking: Tree = {
  name: 'forking',
  command: ['sh', '-c', 'i=0; while :; do i=$((i+1)); echo "step $i"; sleep 1; done'],
  size: 2,
};

interface Case {
  readonly tree: Tree;
  readonly count: number;
  readonly inThread: boolean;
  readonly what: string;
}

const cases: readonly Case[] = [
  { tree: printing, count: 100, inThread: true, what: '100 runs that print each second, a window' },
  { tree: forking, count: 100, inThread: true, what: '100 that start a process each second too' },
  { tree: singleProcess, count: 1_000, inThread: true, what: '1,000 silent runs, a window' },
  { tree: singleProcess, count: 1_000, inThread: false, what: 'the same, without a thread of its own' },
];

/** What it costs to watch over healthy runs: processor time, and how long the host stands still. */
export const watch: Subject = {
  open: () => {
    let opened: BenchSupervisor | null = null;
    const close = async (): Promise<void> => {
      const closing = opened;
      opened = null;
      await closing?.[Symbol.asyncDispose]();
    };
    return Promise.resolve({
      comparisons: [],
      report: async (say) => {
        const rows: string[][] = [];
        const numbers: object[] = [];
        for (const { tree, count, inThread, what } of cases) {
          say(`watch: starting ${count} runs`);
          opened = await benchSupervisor([tree], 'folders');
          await opened.start(tree, count);
          say(`watch: ${what}, two minutes`);
          // What a virtual machine is kept waiting for shows here too.
          const idle = measureBlocks();
          const cost = await costOf(opened, inThread);
          const idleBlock = idle.end();
          await close();
          rows.push([
            what,
            `${cost.cpuPercent.toFixed(2)} %`,
            cost.block.milliseconds.toFixed(1),
            cost.block.withWaiting.toFixed(1),
            idleBlock.milliseconds.toFixed(1),
          ]);
          numbers.push({ what, ...cost, idleBlock });
        }
        return { text: describe(rows), numbers };
      },
      [Symbol.asyncDispose]: close,
    });
  },
};

async function costOf(
  { repository: { path: repositoryPath, stateFolder } }: BenchSupervisor,
  inThread: boolean,
): Promise<WatchCost> {
  const request: WatchCostRequest = { repository: { path: repositoryPath, stateFolder }, inThread, seconds };
  const script = path.join(import.meta.dirname, '../watch-in-process.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(request)]);
  return JSON.parse(stdout) as WatchCost;
}

function describe(rows: readonly string[][]): string {
  const header = ['', 'of one core', 'longest block ms', 'as seen', 'of an idle process beside it'];
  return [
    `Watch over runs as a window does, in a process of its own for ${seconds} s each`,
    '  replaced: plain folders instead of git worktrees; store, run folders and processes are real',
    table([header, ...rows]),
  ].join('\n');
}
