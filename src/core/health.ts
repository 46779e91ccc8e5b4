import { isWorking, type Observation, type Resource, suspiciousShare } from './observation.ts';
import { minutesTaken, timeLimitOf } from './time-limit.ts';
import type { OnLimit, Workflow } from './workflow.ts';

export type HealthLevel = 'healthy' | 'warning' | 'critical';

export type HealthReason =
  /** Neither printed nor worked nor changed a file. */
  | { readonly code: 'quiet'; readonly minutes: number; readonly limitMinutes: number }
  /** Printed, but nothing new: a spinner, a clock, the same lines over and over. */
  | {
      readonly code: 'repeats';
      readonly minutes: number;
      readonly limitMinutes: number;
      /** Of a core, for printing that; null where it is too little to tell. */
      readonly cpuPercent: number | null;
    }
  | { readonly code: 'no_sign_of_life'; readonly minutes: number; readonly limitMinutes: number }
  | { readonly code: 'over_time'; readonly minutes: number; readonly limitMinutes: number }
  | { readonly code: 'waiting'; readonly minutes: number; readonly question: string }
  | { readonly code: 'heartbeat_stale'; readonly minutes: number; readonly limitMinutes: number }
  | { readonly code: 'memory'; readonly bytes: number; readonly limitBytes: number }
  | { readonly code: 'cpu'; readonly percent: number; readonly limitPercent: number }
  | { readonly code: 'processes'; readonly count: number; readonly limit: number }
  | { readonly code: 'survivors'; readonly count: number }
  | { readonly code: 'not_watched'; readonly minutes: number };

/** What a reason is about, whoever is told of it. `unseen` is a hint: nobody knows how the run is. */
export type HealthMatter = 'stuck' | 'waiting' | 'over_limit' | 'survivors' | 'unseen';

export const matterOf: Readonly<Record<HealthReason['code'], HealthMatter>> = {
  quiet: 'stuck',
  repeats: 'stuck',
  no_sign_of_life: 'stuck',
  waiting: 'waiting',
  over_time: 'over_limit',
  memory: 'over_limit',
  cpu: 'over_limit',
  processes: 'over_limit',
  survivors: 'survivors',
  heartbeat_stale: 'unseen',
  not_watched: 'unseen',
};

/** One that is only a warning may stand beside one that is critical. */
export type WeighedReason = HealthReason & { readonly level: Exclude<HealthLevel, 'healthy'> };

export interface Health {
  /** That of the gravest reason. */
  readonly level: HealthLevel;
  readonly reasons: readonly WeighedReason[];
  /** It waits for a person: neither well nor stuck. */
  readonly isWaiting: boolean;
  /** What its workflow wants done about it now. */
  readonly action: OnLimit | 'none';
}

export const healthy: Health = { level: 'healthy', reasons: [], isWaiting: false, action: 'none' };

/** A heartbeat older than this says that nobody watches, or that a run which used to give signs of life stopped doing so. */
const staleMinutes = 5;

/** A run may be busy for so long with all that it may use before that counts: starting up takes it for a moment. */
const busyMinutes = 1;

const minute = 60_000;

export interface HealthFacts {
  /** Monotonic milliseconds of this boot, like the observation's. */
  readonly now: number;
  readonly startedMonotonic: number;
  readonly observation: Observation | null;
  readonly workflow: Pick<
    Workflow,
    | 'initializationTimeoutMinutes'
    | 'timeoutMinutes'
    | 'stuckAfterMinutes'
    | 'limits'
    | 'onStuck'
    | 'onTimeout'
    | 'onLimit'
  >;
  /** Minutes that it was given on top of its workflow's time limit. */
  readonly extraMinutes: number;
  /** Processes that a kill did not end. */
  readonly survivors: number;
}

interface Finding {
  readonly level: 'warning' | 'critical';
  readonly reason: HealthReason;
  /** What is done about it when it is critical. */
  readonly action: OnLimit;
}

/**
 * What a run looks like from outside. It is stuck when it has neither printed something new, nor worked, nor changed a
 * file, nor said that it lives, for its limit: a quiet compiler is not, and neither is a slow talker or one who waits for
 * a person.
 */
export function healthOf(facts: HealthFacts): Health {
  const findings = [
    overTime(facts),
    waiting(facts),
    idle(facts),
    staleHeartbeat(facts),
    ...excesses(facts),
    unwatched(facts),
    survivors(facts),
  ].filter((finding) => finding !== null);
  if (findings.length === 0) return healthy;
  const critical = findings.filter(({ level }) => level === 'critical');
  return {
    level: critical.length > 0 ? 'critical' : 'warning',
    reasons: findings.map(({ reason, level }) => ({ ...reason, level })),
    isWaiting: facts.observation !== null && facts.observation.waiting !== null,
    action: strongest(critical.map(({ action }) => action)),
  };
}

/** What one limit wants ended is not started again since another one wants that. */
function strongest(actions: readonly OnLimit[]): Health['action'] {
  const order: readonly OnLimit[] = ['kill', 'restart', 'notify'];
  return order.find((action) => actions.includes(action)) ?? 'none';
}

function overTime(facts: HealthFacts): Finding | null {
  const minutes = minutesTaken(facts.now, facts.startedMonotonic, facts.observation);
  const limitMinutes = timeLimitOf(facts);
  const level = levelOf(minutes, limitMinutes);
  if (level === null) return null;
  return { level, reason: { code: 'over_time', minutes, limitMinutes }, action: facts.workflow.onTimeout };
}

function waiting({ observation }: HealthFacts): Finding | null {
  if (observation === null || observation.waiting === null) return null;
  const { sinceMonotonic, question } = observation.waiting;
  const minutes = (observation.observedMonotonic - sinceMonotonic) / minute;
  return { level: 'warning', reason: { code: 'waiting', minutes, question }, action: 'notify' };
}

function idle(facts: HealthFacts): Finding | null {
  const { observation, workflow } = facts;
  if (observation === null || observation.waiting !== null) return null;
  const { observedMonotonic: seen } = observation;
  const minutes = (seen - lastSignOfLife(observation)) / minute;
  const limitMinutes = workflow.stuckAfterMinutes;
  const level = levelOf(minutes, limitMinutes);
  if (level !== null) {
    const isRepeating = observation.printedMonotonic > lastSignOfLife(observation);
    const cpuPercent = isWorking(observation) ? observation.cpuPercent : null;
    const reason: HealthReason = isRepeating
      ? { code: 'repeats', minutes, limitMinutes, cpuPercent }
      : { code: 'quiet', minutes, limitMinutes };
    return { level, reason, action: workflow.onStuck };
  }
  return noSignOfLife(facts, observation);
}

/** The last look that told of progress or work, monotonic. */
export function lastSignOfLife(observation: Observation): number {
  const { progressMonotonic, cpuChangedMonotonic, filesChangedMonotonic, heartbeat } = observation;
  return Math.max(progressMonotonic, cpuChangedMonotonic, filesChangedMonotonic ?? 0, heartbeat?.monotonic ?? 0);
}

/** It has done something that others can see: only for what has not, its first sign of life is awaited. */
export function hasShownLife(observation: Observation, startedMonotonic: number): boolean {
  const { outputBytes, heartbeat, filesChangedMonotonic, unseenMilliseconds } = observation;
  // Its worktree was made before it started; what was seen is moved behind the time for which nobody looked.
  return outputBytes > 0 || heartbeat !== null || (filesChangedMonotonic ?? 0) > startedMonotonic + unseenMilliseconds;
}

function noSignOfLife({ now, startedMonotonic, workflow }: HealthFacts, observation: Observation): Finding | null {
  if (hasShownLife(observation, startedMonotonic)) return null;
  const minutes = minutesTaken(now, startedMonotonic, observation);
  const limitMinutes = workflow.initializationTimeoutMinutes;
  const level = levelOf(minutes, limitMinutes);
  if (level === null) return null;
  return { level, reason: { code: 'no_sign_of_life', minutes, limitMinutes }, action: workflow.onStuck };
}

/** Only a run that has given signs of life itself is expected to go on doing so. */
function staleHeartbeat({ observation }: HealthFacts): Finding | null {
  if (observation === null || observation.heartbeat === null || observation.waiting !== null) return null;
  const minutes = (observation.observedMonotonic - observation.heartbeat.monotonic) / minute;
  if (minutes < staleMinutes) return null;
  return {
    level: 'warning',
    reason: { code: 'heartbeat_stale', minutes, limitMinutes: staleMinutes },
    action: 'notify',
  };
}

function excesses({ observation, workflow }: HealthFacts): (Finding | null)[] {
  if (observation === null) return [];
  const { memoryBytes, cpuPercent, processes } = observation;
  const { limits, onLimit: action } = workflow;
  const finding = (resource: Resource, reason: HealthReason): Finding | null => {
    const level = excessLevel(observation, resource);
    return level === null ? null : { level, reason, action };
  };
  return [
    finding('memory', { code: 'memory', bytes: memoryBytes, limitBytes: limits.memoryBytes ?? 0 }),
    finding('cpu', { code: 'cpu', percent: cpuPercent, limitPercent: limits.cpuPercent ?? 0 }),
    finding('processes', { code: 'processes', count: processes, limit: limits.processes ?? 0 }),
  ];
}

/** Processor time counts by how long it is too much: it comes in bursts. */
function excessLevel({ excess, near, observedMonotonic }: Observation, resource: Resource): Finding['level'] | null {
  const since = excess[resource];
  if (resource === 'cpu') return since === null ? null : levelOf((observedMonotonic - since) / minute, busyMinutes);
  if (since !== null) return 'critical';
  return near[resource] ? 'warning' : null;
}

function unwatched({ now, observation, startedMonotonic }: HealthFacts): Finding | null {
  const minutes = (now - (observation?.observedMonotonic ?? startedMonotonic)) / minute;
  if (minutes < staleMinutes) return null;
  return { level: 'warning', reason: { code: 'not_watched', minutes }, action: 'notify' };
}

function survivors({ survivors: count }: HealthFacts): Finding | null {
  return count === 0 ? null : { level: 'critical', reason: { code: 'survivors', count }, action: 'notify' };
}

function levelOf(value: number, limit: number): Finding['level'] | null {
  if (value >= limit) return 'critical';
  return value >= limit * suspiciousShare ? 'warning' : null;
}
