import { isFileLookDue } from '../core/file-look.ts';
import type { Member } from '../core/membership.ts';
import {
  firstObservation,
  type Heartbeat,
  isWorking,
  type Look,
  type Observation,
  observe,
} from '../core/observation.ts';
import { tellingPart } from '../core/progress.ts';
import { questionIn } from '../core/question.ts';
import type { Run } from '../core/run.ts';
import { within } from './within.ts';
import type { World } from './world.ts';

/** Of more output than this since the last look only the end is read. */
const printedBytes = 32 * 1024;

/** The looks of all runs wait for no file system that does not answer for longer than this. */
const fileLookMilliseconds = 5_000;

/**
 * One more look at a running run.
 * @param before the look before, whoever took it
 * @param intervalMilliseconds longest time between two looks that is meant
 */
export async function observeNow(
  world: World,
  run: Run,
  before: Observation | null,
  members: readonly Member[],
  intervalMilliseconds: number,
): Promise<Observation> {
  // Our own small program is nothing that the run uses; what it has waited for was the run's.
  const own = members.filter(({ role }) => role !== 'wrapper');
  const { bytes } = await world.folders.output(run.runId);
  const printed = await printedSince(world, run, before?.outputBytes ?? 0, bytes);
  const look: Look = {
    monotonic: world.clock.monotonic(),
    outputBytes: bytes,
    printed,
    cpuMilliseconds: sum(members, ({ cpuMilliseconds }) => cpuMilliseconds),
    memoryBytes: sum(own, ({ memoryBytes }) => memoryBytes),
    processes: own.length,
    filesChangedMonotonic: await filesChanged(world, run, before),
    heartbeat: await heartbeatOf(world, run, before),
    question: await questionOf(world, run, before, bytes, printed),
  };
  const { limits } = run.workflow;
  return before === null
    ? firstObservation(run.process?.startedMonotonic ?? look.monotonic, look, limits, intervalMilliseconds)
    : observe(before, look, limits, intervalMilliseconds);
}

function sum(members: readonly Member[], value: (facts: Member['facts']) => number): number {
  return members.reduce((total, { facts }) => total + value(facts), 0);
}

async function printedSince(world: World, { runId }: Run, from: number, to: number): Promise<string> {
  if (to <= from) return '';
  const start = Math.max(from, to - printedBytes);
  return new TextDecoder().decode(await world.folders.read(runId, start, to - start));
}

async function filesChanged(world: World, run: Run, before: Observation | null): Promise<number | null> {
  const { process, workflow } = run;
  if (before === null || process === null || run.worktree === null) return null;
  const monotonic = world.clock.monotonic();
  if (!isFileLookDue({ before, monotonic, startedMonotonic: process.startedMonotonic, workflow })) return null;
  const at = await within(world.clock, fileLookMilliseconds, world.worktrees.lastChangeIn(run.worktree.path));
  if (at === null) return null;
  // A file whose time lies in the future says nothing.
  const age = world.clock.now() - at;
  return age < 0 ? null : world.clock.monotonic() - age;
}

/** When it was given is known by the clock for people, which may jump: what counts is the look that found it. */
async function heartbeatOf(world: World, { runId }: Run, before: Observation | null): Promise<Heartbeat | null> {
  const given = await world.folders.heartbeat(runId);
  if (given === null) return null;
  if (before?.heartbeat?.at === given.at) return before.heartbeat;
  return { ...given, monotonic: world.clock.monotonic() };
}

/** Only one who has fallen silent waits for an answer, or one who draws its last line anew, with no end to it. */
async function questionOf(
  world: World,
  { runId }: Run,
  before: Observation | null,
  bytes: number,
  printed: string,
): Promise<string | null> {
  if (before === null || bytes === 0) return null;
  if (bytes === before.outputBytes) {
    if (before.waiting !== null) return before.waiting.question;
    // It had fallen silent by the look before and did nothing: what stands there last was read then, and is no question.
    if (before.printedMonotonic < before.observedMonotonic && !isWorking(before)) return null;
  } else if (printed === '' || printed.endsWith('\n')) return null;
  const line = await world.folders.lastLine(runId);
  return line === null ? null : (questionIn(line) ?? questionIn(tellingPart(line)));
}
