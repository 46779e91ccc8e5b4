import type { Phase } from './escalation.ts';
import { type Health, type HealthReason, matterOf } from './health.ts';
import { describeHealthReason, describeRunReason, plainEnglish } from './messages.ts';
import { describeLaunchStep, describeWaiting } from './notice-words.ts';
import { withoutSecrets } from './redact-secrets.ts';
import type { Run, RunReason } from './run.ts';
import type { RunId } from './run-id.ts';
import { isTerminal, type RunStatus } from './run-status.ts';

/** The states of a run that somebody elsewhere is told of. */
export const noticeKinds = ['stuck', 'waiting', 'over_limit', 'survivors', 'killed', 'failed'] as const;

export type NoticeKind = (typeof noticeKinds)[number];

/** Of these, what the health of a run says; a run can leave such a state and come back to it. */
export const healthKinds = ['stuck', 'waiting', 'over_limit'] as const satisfies readonly NoticeKind[];

export function isNoticeKind(text: string): text is NoticeKind {
  return (noticeKinds as readonly string[]).includes(text);
}

/**
 * What is told of a run in a state, fixed when the state was found. It leaves the machine, so it holds nothing that may be a
 * secret: not the message of the run, none of its output, no environment, no words of a tool, no path.
 */
export interface Notice {
  readonly kind: NoticeKind;
  /** Epoch milliseconds at which the state was found, as every `…At`. */
  readonly at: number;
  readonly runId: RunId;
  readonly workflowName: string;
  /** Name of the repository's folder. */
  readonly repository: string;
  readonly status: RunStatus;
  /** In words. */
  readonly reasons: readonly string[];
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly killMethod: Phase | null;
}

/** One for a run and state: a state that comes back later has another one. At most 64 visible ASCII characters. */
export function idempotencyKeyOf({ runId, kind, at }: Notice): string {
  return `${runId}-${kind}-${at}`;
}

/** What is to be told of a run under way, as it looks now. @param at epoch milliseconds */
export function noticesOfHealth(run: Run, { reasons }: Health, at: number): readonly Notice[] {
  return healthKinds.flatMap((kind) => {
    const found = reasons.filter(
      ({ code, level }) => matterOf[code] === kind && (level === 'critical' || kind === 'waiting'),
    );
    return found.length > 0 ? [noticeOf(run, kind, at, found.map(healthWords))] : [];
  });
}

/** What is to be told of a change of a run; null for nothing. What a person cancels before it runs is no news. */
export function noticeOfChange(before: Run, after: Run, now: number): Notice | null {
  if (isTerminal(before.status)) return null;
  const at = after.endedAt ?? now;
  const { status, reason, killReport } = after;
  if (status === 'failed') return noticeOf(after, 'failed', at, reasonWords(reason));
  if (status === 'terminated' || status === 'killed') {
    return before.status === 'pending' ? null : noticeOf(after, 'killed', at, reasonWords(reason));
  }
  const count = killReport?.survivors.length ?? 0;
  if (isTerminal(status) || count === 0 || killReport?.killedAt === before.killReport?.killedAt) return null;
  return noticeOf(after, 'survivors', now, [describeHealthReason({ code: 'survivors', count }, plainEnglish)]);
}

function noticeOf(run: Run, kind: NoticeKind, at: number, reasons: readonly string[]): Notice {
  const { runId, workflowName, status, createdAt, startedAt, endedAt, exitCode, signal, killMethod } = run;
  const repository = run.repository.split(/[\\/]/).findLast((part) => part !== '') ?? '';
  return {
    kind,
    at,
    runId,
    workflowName,
    repository,
    status,
    reasons,
    createdAt,
    startedAt,
    endedAt,
    exitCode,
    signal,
    killMethod,
  };
}

/** What a run asks is part of its output. */
function healthWords(reason: HealthReason): string {
  return reason.code === 'waiting'
    ? describeWaiting(reason.minutes, plainEnglish)
    : describeHealthReason(reason, plainEnglish);
}

/** What a tool said when a launch failed may hold anything, and so may what somebody gave as a reason. */
function reasonWords(reason: RunReason | null): readonly string[] {
  if (reason === null) return [];
  return [
    reason.code === 'launch_failed'
      ? describeLaunchStep(reason.step, plainEnglish)
      : withoutSecrets(describeRunReason(reason, plainEnglish)),
  ];
}
