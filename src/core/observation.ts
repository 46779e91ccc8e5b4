import { progressIn, tellingPart } from './progress.ts';

/** A sign of life that the run itself gave, with what it had to say. */
export interface GivenHeartbeat {
  /** Epoch milliseconds at which it was given. */
  readonly at: number;
  readonly message: string | null;
}

/** One that was seen. */
export interface Heartbeat extends GivenHeartbeat {
  /** Monotonic milliseconds of the look that found it first. */
  readonly monotonic: number;
}

/** One look at a running run. Times in milliseconds on the monotonic clock of this boot. */
export interface Look {
  readonly monotonic: number;
  readonly outputBytes: number;
  /** What was printed since the last look, or the end of it where that was much. */
  readonly printed: string;
  /** Processor time of the whole tree. */
  readonly cpuMilliseconds: number;
  readonly memoryBytes: number;
  /** Those of its command, without the small program of ours beside it. */
  readonly processes: number;
  /** The newest change of a file in the worktree; null when it was not asked for. */
  readonly filesChangedMonotonic: number | null;
  readonly heartbeat: Heartbeat | null;
  /** The question that a run has printed last and is silent since, or draws again and again; null when there is none. */
  readonly question: string | null;
}

/** What was seen of a running run, look after look. Times as in `Look`. */
export interface Observation {
  readonly observedMonotonic: number;
  readonly outputBytes: number;
  /** The last look at which the output had grown, if only by the same line again. */
  readonly printedMonotonic: number;
  /** The last look at which something new was printed. */
  readonly progressMonotonic: number;
  readonly cpuMilliseconds: number;
  /** Per cent of one core, between the last two looks. */
  readonly cpuPercent: number;
  /** The last look at which the tree had worked. */
  readonly cpuChangedMonotonic: number;
  readonly memoryBytes: number;
  readonly processes: number;
  readonly filesChangedMonotonic: number | null;
  readonly heartbeat: Heartbeat | null;
  readonly waiting: { readonly sinceMonotonic: number; readonly question: string } | null;
  /** Since when a limit on the use of the machine has been exceeded without a break; null when it is not. */
  readonly excess: Readonly<Record<Resource, number | null>>;
  /** Most of a limit is used, or was and not yet much less since. */
  readonly near: Readonly<Record<Exclude<Resource, 'cpu'>, boolean>>;
  /** Milliseconds for which nobody looked, since the machine slept or nobody watched: no limit counts them. */
  readonly unseenMilliseconds: number;
  /** Marks of lines printed lately; see `progressIn`. */
  readonly known: readonly string[];
}

export type Resource = 'memory' | 'cpu' | 'processes';

/** What a run may use at most; null is no limit. */
export interface ResourceLimits {
  readonly memoryBytes: number | null;
  /** Per cent of one core: 200 is two cores. */
  readonly cpuPercent: number | null;
  readonly processes: number | null;
}

/** Less than this share of a core is idling: timers, event loops and spinners tick. */
const workingPercent = 5;

/** Who draws the same again and again uses up to this share of a core for that alone: terminal interfaces draw often. */
const drawingPercent = 25;

/** It worked between the last two looks. */
export const isWorking = ({ cpuPercent }: Pick<Observation, 'cpuPercent'>): boolean => cpuPercent >= workingPercent;

/**
 * A look that comes later than this after the one before, or than three intervals, says that the machine slept or nobody
 * watched: what happened meanwhile is not known, and no clock counts it.
 */
const lateMilliseconds = 90_000;

/** From this share of a limit on a run is watched with suspicion. */
export const suspiciousShare = 0.8;

/** A mark that was reached counts as left again only below this share of it, so that nothing flaps around it. */
const reliefShare = 0.9;

/**
 * What one more look adds to what was seen before.
 * @param intervalMilliseconds longest time between two looks that is meant
 */
export function observe(
  before: Observation,
  look: Look,
  limits: ResourceLimits,
  intervalMilliseconds: number,
): Observation {
  const gap = look.monotonic - before.observedMonotonic;
  const unseen = unseenIn(gap, intervalMilliseconds);
  // What is not known is taken out of every clock by moving what was seen before it.
  const seen = later(before, unseen);
  const { isNew, known } = progressIn(before.known, look.printed);
  const worked = look.cpuMilliseconds - before.cpuMilliseconds;
  // A tree of which a member ended has used less in sum than before; only growth is work.
  const cpuPercent = gap > 0 ? Math.max(0, (worked / gap) * 100) : before.cpuPercent;
  const hasPrinted = look.outputBytes !== before.outputBytes;
  const works = hasPrinted && !isNew ? cpuPercent >= drawingPercent : isWorking({ cpuPercent });
  const current = {
    observedMonotonic: look.monotonic,
    outputBytes: look.outputBytes,
    printedMonotonic: hasPrinted ? look.monotonic : seen.printedMonotonic,
    progressMonotonic: isNew ? look.monotonic : seen.progressMonotonic,
    cpuMilliseconds: look.cpuMilliseconds,
    cpuPercent,
    cpuChangedMonotonic: works ? look.monotonic : seen.cpuChangedMonotonic,
    memoryBytes: look.memoryBytes,
    processes: look.processes,
    filesChangedMonotonic: latest(look.filesChangedMonotonic, seen.filesChangedMonotonic),
    heartbeat: look.heartbeat ?? seen.heartbeat,
    unseenMilliseconds: before.unseenMilliseconds + unseen,
    known,
  };
  return {
    ...current,
    waiting: isNew ? null : waitingOf(seen, look, works),
    excess: excessOf(seen.excess, current, limits),
    near: nearOf(seen.near, current, limits),
  };
}

function unseenIn(gap: number, intervalMilliseconds: number): number {
  return gap > Math.max(lateMilliseconds, 3 * intervalMilliseconds) ? gap : 0;
}

/**
 * The first look at a run, which begins then where nobody has looked for long since its start.
 * @param startedMonotonic milliseconds, as in `Look`
 */
export function firstObservation(
  startedMonotonic: number,
  look: Look,
  limits: ResourceLimits,
  intervalMilliseconds: number,
): Observation {
  const { monotonic } = look;
  const { known } = progressIn([], look.printed);
  const current = {
    observedMonotonic: monotonic,
    outputBytes: look.outputBytes,
    printedMonotonic: monotonic,
    progressMonotonic: monotonic,
    cpuMilliseconds: look.cpuMilliseconds,
    cpuPercent: 0,
    cpuChangedMonotonic: monotonic,
    memoryBytes: look.memoryBytes,
    processes: look.processes,
    filesChangedMonotonic: look.filesChangedMonotonic,
    heartbeat: look.heartbeat,
    waiting: look.question === null ? null : { sinceMonotonic: monotonic, question: look.question },
    unseenMilliseconds: unseenIn(monotonic - startedMonotonic, intervalMilliseconds),
    known,
  };
  return {
    ...current,
    excess: excessOf({ memory: null, cpu: null, processes: null }, current, limits),
    near: nearOf({ memory: false, processes: false }, current, limits),
  };
}

/** The same as if all of it had been seen so much later. */
function later(before: Observation, milliseconds: number): Observation {
  if (milliseconds === 0) return before;
  const moved = (time: number | null): number | null => (time === null ? null : time + milliseconds);
  const { heartbeat, waiting, excess } = before;
  return {
    ...before,
    printedMonotonic: before.printedMonotonic + milliseconds,
    progressMonotonic: before.progressMonotonic + milliseconds,
    cpuChangedMonotonic: before.cpuChangedMonotonic + milliseconds,
    filesChangedMonotonic: moved(before.filesChangedMonotonic),
    heartbeat: heartbeat === null ? null : { ...heartbeat, monotonic: heartbeat.monotonic + milliseconds },
    waiting: waiting === null ? null : { ...waiting, sinceMonotonic: waiting.sinceMonotonic + milliseconds },
    excess: { memory: moved(excess.memory), cpu: moved(excess.cpu), processes: moved(excess.processes) },
  };
}

/**
 * One who works waits for nobody, whatever was asked before: the answer came, or none was needed. A single burst of work
 * does not end the waiting, so that nothing flaps.
 */
function waitingOf(before: Observation, { question, monotonic }: Look, works: boolean): Observation['waiting'] {
  if (question === null) return null;
  const { waiting } = before;
  // The same with another time or spinner beside it is no other question.
  const isSame = waiting !== null && tellingPart(waiting.question) === tellingPart(question);
  if (isSame) return works && isWorking(before) ? null : waiting;
  return works ? null : { sinceMonotonic: monotonic, question };
}

type Use = Pick<Observation, 'observedMonotonic' | 'memoryBytes' | 'cpuPercent' | 'processes'>;

function excessOf(before: Observation['excess'], now: Use, limits: ResourceLimits): Observation['excess'] {
  const since = (resource: Resource, value: number, limit: number | null): number | null => {
    const already = before[resource];
    return isReached(already !== null, value, limit) ? (already ?? now.observedMonotonic) : null;
  };
  return {
    memory: since('memory', now.memoryBytes, limits.memoryBytes),
    cpu: since('cpu', now.cpuPercent, limits.cpuPercent),
    // As many as it may have are not too many.
    processes: since('processes', now.processes, limits.processes === null ? null : limits.processes + 1),
  };
}

function nearOf(before: Observation['near'], now: Use, limits: ResourceLimits): Observation['near'] {
  const mostOf = (limit: number | null): number | null => (limit === null ? null : limit * suspiciousShare);
  return {
    memory: isReached(before.memory, now.memoryBytes, mostOf(limits.memoryBytes)),
    // The one that every run has is near no limit.
    processes: now.processes > 1 && isReached(before.processes, now.processes, mostOf(limits.processes)),
  };
}

function isReached(already: boolean, value: number, mark: number | null): boolean {
  return mark !== null && value >= (already ? mark * reliefShare : mark);
}

function latest(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.max(one, other);
}
