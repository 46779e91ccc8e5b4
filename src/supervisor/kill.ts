import { WardenError } from '../core/errors.ts';
import type { KillReport } from '../core/kill-report.ts';
import type { AuditEntry } from '../core/ports/store.ts';
import type { Run } from '../core/run.ts';
import type { RunId } from '../core/run-id.ts';
import { isTerminal } from '../core/run-status.ts';
import { findRun } from './find-run.ts';
import { endIfOver } from './reconcile.ts';
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
 * it is one kill and each gets its report; a run that was killed before answers with that report.
 * @throws WardenError unknown_run; run_is_over when it ended by itself
 */
export async function kill(world: World, runId: string, options: KillOptions = {}): Promise<KillReport> {
  const run = await endIfOver(world, await findRun(world.store, runId));
  if (isTerminal(run.status)) {
    if (run.followUp !== null) await forgetFollowUp(world, run, auditOfAsking(world, run, options));
    return reportOfEnded(world, run, options);
  }
  const decided = await decide(world, run, options);
  const ended = decided === null ? await followStop(world, run.runId) : await carryOrFollow(world, decided);
  if (isTerminal(ended.status)) return reportOfEnded(world, ended, options);
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
  await forgetFollowUp(world, run, audit);
  // A kill that is under way goes on at its last stage at once.
  if (stop.force) await changeStop(world, run.runId, (now) => (now.force ? null : { force: true }), audit);
  return null;
}

function auditOfAsking(world: World, { runId }: Run, { force = false, why, askedBy }: KillOptions): AuditEntry {
  const facts = askedBy === undefined ? { force } : { force, asked_by_run: askedBy };
  return auditOf(world, runId, 'kill', 'asked', { why: why ?? null, facts });
}

/** What a person wants ended is not started again. */
async function forgetFollowUp(world: World, { runId }: Run, audit: AuditEntry): Promise<void> {
  await world.store.change(runId, (now) => now.followUp !== null, { followUp: null }, audit);
}

function carryOrFollow(world: World, run: Run): Promise<Run> {
  return run.status === 'pending' ? followStop(world, run.runId) : carryStop(world, run);
}

async function reportOfEnded(world: World, run: Run, options: KillOptions): Promise<KillReport> {
  if (run.killReport !== null) return run.killReport;
  if (run.status === 'terminated' && run.reason?.code === 'cancelled') return reportOfCancelled(run);
  const facts = { runId: run.runId, status: run.status };
  await world.store.audit(auditOf(world, run.runId, 'kill', 'refused', { why: options.why ?? null, facts }));
  throw new WardenError('run_is_over', facts);
}

/** A run that was cancelled before its command started: there was nothing to signal. */
function reportOfCancelled(run: Run): KillReport {
  return {
    runId: run.runId,
    workflowName: run.workflowName,
    success: true,
    killedAt: run.endedAt ?? run.createdAt,
    method: 'graceful',
    durationMilliseconds: 0,
    processes: 0,
    signals: [],
    survivors: [],
    stages: [],
    waitedFor: [],
    interrupted: [],
    aftermath: null,
    sessionUpdated: true,
    auditLogged: true,
  };
}
