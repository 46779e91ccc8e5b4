import type { CriticalSection } from './critical-section.ts';
import { endOfStage, type Stage, stageAt, type StageFacts } from './escalation.ts';
import { isSameBoot } from './process-identity.ts';
import type { Run } from './run.ts';

/** How far a stop that is under way is, for those who look on. */
export type StopProgress =
  | {
      readonly kind: 'stage';
      readonly stage: Stage;
      /** Since the stage began, as far as is known. */
      readonly milliseconds: number;
      /** How long the stage lasts at most; null where only the proof ends it. */
      readonly limitMilliseconds: number | null;
      /** What is waited for; empty but in the stage `wait`. */
      readonly sections: readonly CriticalSection[];
    }
  /** An attempt left these; it is tried again. */
  | { readonly kind: 'survivors'; readonly count: number };

/**
 * @param bootId of this boot
 * @param now monotonic milliseconds of this boot
 * @param moreTimeMilliseconds what the run asked for when it was told to end
 * @returns null when nobody stops the run, or an earlier boot did
 */
export function stopProgressOf(
  run: Run,
  bootId: string,
  now: number,
  moreTimeMilliseconds: number,
): StopProgress | null {
  const { stop } = run;
  if (stop === null || !isSameBoot(stop.bootId, bootId)) return null;
  const survivors = run.killReport?.survivors.length ?? 0;
  if (stop.carrier === null && survivors > 0) return { kind: 'survivors', count: survivors };
  const facts: StageFacts = {
    decidedMilliseconds: now - stop.decidedMonotonic,
    begunMilliseconds: stop.begunMonotonic === null ? null : now - stop.begunMonotonic,
    moreTimeMilliseconds,
    force: stop.force,
    lengths: run.workflow.kill,
  };
  const stage = stageAt(facts);
  const [start, end] = boundsOf(stage, facts);
  const since = (stage === 'wait' ? null : facts.begunMilliseconds) ?? facts.decidedMilliseconds;
  return {
    kind: 'stage',
    stage,
    milliseconds: Math.max(0, since - start),
    limitMilliseconds: end === null ? null : end - start,
    sections: stage === 'wait' ? stop.waitedFor : [],
  };
}

/** Of a stage, on the clock that it is measured by. A forced kill is in its last stage from wherever it was. */
function boundsOf(stage: Stage, facts: StageFacts): readonly [start: number, end: number | null] {
  const before = { wait: null, graceful: null, forced: 'graceful', system: facts.force ? null : 'forced' } as const;
  const previous = before[stage];
  return [previous === null ? 0 : (endOfStage(previous, facts) ?? 0), endOfStage(stage, facts)];
}
