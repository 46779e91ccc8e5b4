import type { Observation } from './run.ts';
import type { Workflow } from './workflow.ts';

export type HealthLevel = 'healthy' | 'warning' | 'critical';

export type HealthReason =
  | { readonly code: 'quiet'; readonly minutes: number; readonly limitMinutes: number }
  | { readonly code: 'no_sign_of_life'; readonly minutes: number; readonly limitMinutes: number }
  | { readonly code: 'over_time'; readonly minutes: number; readonly limitMinutes: number }
  | { readonly code: 'survivors'; readonly count: number }
  | { readonly code: 'not_watched'; readonly minutes: number };

export interface Health {
  readonly level: HealthLevel;
  readonly reasons: readonly HealthReason[];
}

export const healthy: Health = { level: 'healthy', reasons: [] };

/** A heartbeat older than this says that nobody watches. */
const staleHeartbeatMinutes = 5;

/** From this share of a limit on a run is watched with suspicion. */
const suspiciousShare = 0.8;

const minute = 60_000;

export interface HealthFacts {
  /** Monotonic milliseconds of this boot, like the observation's. */
  readonly now: number;
  readonly startedMonotonic: number;
  readonly observation: Observation | null;
  readonly limits: Pick<Workflow, 'initializationTimeoutMinutes' | 'timeoutMinutes' | 'stuckAfterMinutes'>;
  /** Processes that a kill did not end. */
  readonly survivors: number;
}

/**
 * What a run looks like from outside. It is stuck when it has neither printed nor computed for its limit: a quiet
 * compile is not, and neither is a slow printer.
 */
export function healthOf(facts: HealthFacts): Health {
  const findings = [overTime(facts), quiet(facts), unwatched(facts), survivors(facts)].filter(
    (finding) => finding !== null,
  );
  const reasons = findings.map(({ reason }) => reason);
  if (findings.some(({ level }) => level === 'critical')) return { level: 'critical', reasons };
  return findings.length > 0 ? { level: 'warning', reasons } : healthy;
}

interface Finding {
  readonly level: 'warning' | 'critical';
  readonly reason: HealthReason;
}

function overTime(facts: HealthFacts): Finding | null {
  const minutes = (facts.now - facts.startedMonotonic) / minute;
  const limitMinutes = facts.limits.timeoutMinutes;
  const level = levelOf(minutes, limitMinutes);
  return level === null ? null : { level, reason: { code: 'over_time', minutes, limitMinutes } };
}

function quiet(facts: HealthFacts): Finding | null {
  const { observation } = facts;
  if (observation === null) return null;
  const silent = observation.outputBytes === 0;
  const last = Math.max(observation.outputChangedMonotonic, observation.cpuChangedMonotonic);
  const minutes = (observation.observedMonotonic - last) / minute;
  const stuck = levelOf(minutes, facts.limits.stuckAfterMinutes);
  if (stuck !== null)
    return { level: stuck, reason: { code: 'quiet', minutes, limitMinutes: facts.limits.stuckAfterMinutes } };
  if (!silent) return null;
  const sinceStart = (facts.now - facts.startedMonotonic) / minute;
  const limitMinutes = facts.limits.initializationTimeoutMinutes;
  const level = levelOf(sinceStart, limitMinutes);
  return level === null ? null : { level, reason: { code: 'no_sign_of_life', minutes: sinceStart, limitMinutes } };
}

function unwatched(facts: HealthFacts): Finding | null {
  const minutes = (facts.now - (facts.observation?.observedMonotonic ?? facts.startedMonotonic)) / minute;
  return minutes < staleHeartbeatMinutes ? null : { level: 'warning', reason: { code: 'not_watched', minutes } };
}

function survivors(facts: HealthFacts): Finding | null {
  return facts.survivors === 0 ? null : { level: 'critical', reason: { code: 'survivors', count: facts.survivors } };
}

function levelOf(value: number, limit: number): 'warning' | 'critical' | null {
  if (value >= limit) return 'critical';
  return value >= limit * suspiciousShare ? 'warning' : null;
}

/** Less processor time than this share of the time between two looks is idling: timers and event loops tick. */
const idleShare = 0.01;

/** What one more look adds to what was observed before. */
export function observe(
  before: Observation | null,
  look: Pick<Observation, 'observedMonotonic' | 'outputBytes' | 'cpuMilliseconds' | 'memoryBytes' | 'processes'>,
): Observation {
  if (before === null) {
    return { ...look, outputChangedMonotonic: look.observedMonotonic, cpuChangedMonotonic: look.observedMonotonic };
  }
  const elapsed = look.observedMonotonic - before.observedMonotonic;
  // A tree whose member ended uses less in sum than before; only growth is work.
  const computed = look.cpuMilliseconds - before.cpuMilliseconds > elapsed * idleShare;
  return {
    ...look,
    outputChangedMonotonic:
      look.outputBytes === before.outputBytes ? before.outputChangedMonotonic : look.observedMonotonic,
    cpuChangedMonotonic: computed ? look.observedMonotonic : before.cpuChangedMonotonic,
  };
}
