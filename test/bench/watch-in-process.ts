// Watches over the runs of a state folder in a process of its own, and prints what that cost it as one line of JSON. Its argument is a WatchCostRequest as JSON.
import { setTimeout as sleep } from 'node:timers/promises';
import { openBenchSupervisor, openBenchThread } from './bench-supervisor.ts';
import type { Supervisor } from '../../src/supervisor/supervisor.ts';
import { type LongestBlock, measureBlocks } from './event-loop-blocks.ts';

/** As in VS Code, where nobody sets it. */
const watchIntervalSeconds = 5;

const newcomerMilliseconds = 15_000;

export interface WatchCostRequest {
  readonly repository: { readonly path: string; readonly stateFolder: string };
  /** The supervisor has a thread of its own, as in a window, or shares the event loop that is looked at. */
  readonly inThread: boolean;
  /** How long processor time is measured, and then blocks: the timer that finds those takes time itself. */
  readonly seconds: number;
}

export interface WatchCost {
  /** Per cent of one core. */
  readonly cpuPercent: number;
  readonly block: LongestBlock;
}

const request = JSON.parse(process.argv[2] ?? '') as WatchCostRequest;
const supervisor = request.inThread ? await openBenchThread(request.repository) : await openBesideUs();
// The first looks are those of a newcomer, which reads everything.
await sleep(newcomerMilliseconds);
if ((await supervisor.watcher())?.pid !== process.pid) throw new Error('somebody else watches');
const begun = { cpu: process.cpuUsage(), at: performance.now() };
await sleep(request.seconds * 1_000);
const { user, system } = process.cpuUsage(begun.cpu);
const cpuPercent = ((user + system) / 1_000 / (performance.now() - begun.at)) * 100;
const blocks = measureBlocks();
await sleep(request.seconds * 1_000);
const cost: WatchCost = { cpuPercent, block: blocks.end() };
console.log(JSON.stringify(cost));
await supervisor.dispose();

async function openBesideUs(): Promise<Supervisor> {
  const beside = await openBenchSupervisor(request.repository, 'folders');
  beside.startWatching(watchIntervalSeconds * 1_000);
  return beside;
}
