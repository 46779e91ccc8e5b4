import type { RunId } from './run-id.ts';

/** What a run asks people for, since it may not do it itself: that a run is killed. */
export interface PermissionRequest {
  /** Counted from 1. */
  readonly id: number;
  /** The run that is to be killed. */
  readonly runId: RunId;
  /** The run that asks. */
  readonly askedBy: RunId;
  readonly force: boolean;
  readonly why: string | null;
  /** Epoch milliseconds. */
  readonly askedAt: number;
  /** `expired`: the run was over before anybody answered. */
  readonly state: 'open' | 'approved' | 'denied' | 'expired';
  /** Epoch milliseconds; null while it is open. */
  readonly answeredAt: number | null;
  /** The user who answered; null where nobody did. */
  readonly answeredBy: string | null;
}

/** On every face; times are ISO 8601 with `Z`. */
export function requestJson({ id, runId, askedBy, force, why, askedAt, state, ...answer }: PermissionRequest): object {
  const { answeredAt, answeredBy } = answer;
  return {
    id,
    run_id: runId,
    asked_by: askedBy,
    force,
    reason: why,
    asked_at: new Date(askedAt).toISOString(),
    state,
    answered_at: answeredAt === null ? null : new Date(answeredAt).toISOString(),
    answered_by: answeredBy,
  };
}
