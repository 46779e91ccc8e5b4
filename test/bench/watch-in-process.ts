// Watches over the runs of a state folder in a process of its own, as a window does, and prints what that cost it as one
// line of JSON. Its argument is a WatchCostRequest as JSON.
import { setTimeout as sleep } from 'node:timers/promises';
import { openBenchSupervisor } from './bench-supervisor.ts';
import { type LongestBlock, measureBlocks } from './event-loop-blocks.ts';

export interface WatchCostRequest {
  readonly repository: { readonly path: string; readonly stateFolder: string };
  /** The longest time between two looks. */
  readonly intervalSeconds: number;
  /** How long processor time is measured, and then blocks: the timer that finds those takes time itself. */
  readonly seconds: number;
}

export interface WatchCost {
  /** Per cent of one core. */
  readonly cpuPercent: number;
  readonly block: LongestBlock;
}

const request = JSON.parse(process.argv[2] ?? '') as WatchCostRequest;
const supervisor = await openBenchSupervisor(request.repository, 'folders');
supervisor.startWatching(request.intervalSeconds * 1_000);
// The first looks are those of a newcomer, which reads everything.
await sleep(2.5 * request.intervalSeconds * 1_000);
if (!supervisor.isWatching) throw new Error('somebody else watches');
const begun = { cpu: process.cpuUsage(), at: performance.now() };
await sleep(request.seconds * 1_000);
const { user, system } = process.cpuUsage(begun.cpu);
const cpuPercent = ((user + system) / 1_000 / (performance.now() - begun.at)) * 100;
const blocks = measureBlocks();
await sleep(request.seconds * 1_000);
const cost: WatchCost = { cpuPercent, block: blocks.end() };
console.log(JSON.stringify(cost));
await supervisor.dispose();
