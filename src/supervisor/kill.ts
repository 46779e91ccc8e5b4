import { WardenError } from '../core/errors.ts';
import { type KillReport, reportOfNothing } from '../core/kill-report.ts';
import type { AuditEntry } from '../core/ports/store.ts';
import { isRetryAwaited } from '../core/retry.ts';
import type { Run } from '../core/run.ts';
import type { RunId } from '../core/run-id.ts';
import { isTerminal } from '../core/run-status.ts';
import { endLatecomers } from './end-latecomers.ts';
import { findRunFor, runNow } from './find-run.ts';
import { attemptsFrom } from './queue-now.ts';
import { endIfOver } from './reconcile.ts';
import { requireInSight } from './sight.ts';
import { carryStop, changeStop, followStop, intentOf } from './stop.ts';
import { auditOf, type World } from './world.ts';

export interface KillOptions {
  readonly force?: boolean;
  readonly why?: string;
  /** The run that has asked for it, and whoever kills has approved that. */
  readonly askedBy?: RunId;
}

/**
 * Kills a run: decides it durably, escalates until nothing is left, and reports what was seen. However many ask at once,
 * it is one kill and each gets its report; a run that was killed before answers with that report. Of one that is over whoever
 * came to light since is ended, and that is the report; one that was to be started again is not any more.
 * @throws WardenError unknown_run; run_is_over when it ended by itself and is not to be started again; out_of_sight;
 * launcher_stopped
 */
export async function kill(world: World, runId: string, options: KillOptions = {}): Promise<KillReport> {
  const run = await endIfOver(world, await findRunFor(world, 'kill', runId, options.why));
  if (isTerminal(run.status)) {
    const asked = auditOfAsking(world, run, options);
    const isNoted = await cancelRetry(world, run, asked);
    const known = (await endLatecomers(world, run)) ?? (await knownReport(world, run));
    if (known === null) return refuse(world, run, options);
    if (!isNoted) await world.store.audit(asked);
    return known;
  }
  await requireInSight(world, run, 'kill', options.why ?? null);
  const decided = await decide(world, run, options);
  const ended = decided === null ? await join(world, run, options) : await carryOrFollow(world, decided);
  if (isTerminal(ended.status)) return (await knownReport(world, ended)) ?? refuse(world, ended, options);
  if (ended.killReport !== null) return ended.killReport;
  throw new WardenError('survivors', { runId: run.runId, survivors: 0 });
}

async function decide(world: World, run: Run, options: KillOptions): Promise<Run | null> {
  const stop = intentOf(world, {
    kind: 'kill',
    becomes: null,
    force: options.force ?? false,
    why: options.why ?? null,
  });
  const audit = auditOfAsking(world, run, options);
  const running = await world.store.change(
    run.runId,
    (now) => now.status === 'running',
    { status: 'terminating', stop },
    audit,
  );
  if (running !== null) return running;
  const pending = await world.store.change(
    run.runId,
    (now) => now.status === 'pending' && now.stop === null,
    { stop },
    audit,
  );
  if (pending !== null) return pending;
  return null;
}

/**
 * Waits for a kill that somebody else has decided. Who wanted it too is written down when it is over, so that it does
 * not wait for a crowd.
 */
async function join(world: World, run: Run, options: KillOptions): Promise<Run> {
  const now = await runNow(world.store, run.runId);
  const asked = auditOfAsking(world, now, options);
  const isNoted = await cancelRetry(world, now, asked);
  // A kill that is under way goes on at its last stage at once.
  const makesForced = options.force === true && (await makeForced(world, run, asked));
  try {
    return await followStop(world, run.runId);
  } finally {
    if (!isNoted && !makesForced) await world.store.audit(asked);
  }
}

/** Of one that finds the run as others have left it, its status tells so. */
function auditOfAsking(world: World, run: Run, { force = false, why, askedBy }: KillOptions): AuditEntry {
  const isFirst = !isTerminal(run.status) && run.stop === null;
  const facts = {
    force,
    ...(isFirst ? {} : { status: run.status }),
    ...(askedBy === undefined ? {} : { asked_by_run: askedBy }),
  };
  return auditOf(world, run.runId, 'kill', 'asked', { why: why ?? null, facts });
}

/** @returns whether it was not before */
async function makeForced(world: World, { runId }: Run, audit: AuditEntry): Promise<boolean> {
  return (await changeStop(world, runId, (now) => (now.force ? null : { force: true }), audit)) !== null;
}

/**
 * What a person wants ended is not started again, whether that is decided already or follows from how it has failed.
 * @returns whether it would have been
 */
async function cancelRetry({ store }: World, run: Run, audit: AuditEntry): Promise<boolean> {
  const { runId } = run;
  if (!mayBeStartedAgain(run) || (await store.replacementOf(runId)) !== null) return false;
  const patch = { followUp: null, isRetryCancelled: true } as const;
  return (await store.change(runId, mayBeStartedAgain, patch, audit)) !== null;
}

/** That it is too late for it is judged by whoever watches, by a clock that nobody sets. */
function mayBeStartedAgain(run: Run): boolean {
  return run.followUp !== null || (run.endedAt !== null && isRetryAwaited(run, run.endedAt, false));
}

function carryOrFollow(world: World, run: Run): Promise<Run> {
  return run.status === 'pending' ? followStop(world, run.runId) : carryStop(world, run);
}

/** Null of a run that ended by itself, unless it was to be started again. */
async function knownReport({ store }: World, { runId, killReport }: Run): Promise<KillReport | null> {
  if (killReport !== null) return killReport;
  const run = await runNow(store, runId);
  const nothing = reportOfNothing(run, run.endedAt ?? run.createdAt, !(await store.isOnlyKept(runId)));
  if (run.status === 'terminated' && run.reason?.code === 'cancelled') return { ...nothing, cancelled: 'launch' };
  const isForGood = run.isRetryCancelled && (await store.replacementOf(runId)) === null;
  return isForGood ? { ...nothing, cancelled: 'retry' } : null;
}

/** @throws WardenError run_is_over */
async function refuse(world: World, { runId, status }: Run, options: KillOptions): Promise<never> {
  const facts = { runId, status };
  await world.store.audit(auditOf(world, runId, 'kill', 'refused', { why: options.why ?? null, facts }));
  const [, ...later] = await attemptsFrom(world.store, runId);
  const replacedBy = later.at(-1)?.runId;
  throw new WardenError('run_is_over', { ...facts, ...(replacedBy === undefined ? {} : { replacedBy }) });
}
