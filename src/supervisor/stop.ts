import type { Port } from '../core/aftermath.ts';
import { isOverdue } from '../core/carrier.ts';
import { WardenError } from '../core/errors.ts';
import type { KillReport } from '../core/kill-report.ts';
import type { AuditEntry, RunPatch } from '../core/ports/store.ts';
import { isSameBoot, isSameProcess, type ProcessIdentity } from '../core/process-identity.ts';
import { killReportJson } from '../core/run-json.ts';
import { type ExitRecord, outcomeOf, type Run, type RunReason, statusAfterKill, type StopIntent } from '../core/run.ts';
import type { RunId } from '../core/run-id.ts';
import { isTerminal } from '../core/run-status.ts';
import { lookAfter } from './aftermath.ts';
import { escalate } from './escalate.ts';
import type { Escalation } from './escalation-ledger.ts';
import { runNow } from './find-run.ts';
import { keepCheckpoint } from './keep-checkpoint.ts';
import { ownPortsOf } from './own-ports.ts';
import { isInSight } from './sight.ts';
import { cancelReason, endBegun, undoLaunch } from './undo-launch.ts';
import { auditOf, type World } from './world.ts';

/** How often a stop that another process carries out is looked at. */
const followMilliseconds = 20;

/** A launcher that is stopped for longer than this is not just held up for a moment. */
const stoppedMilliseconds = 1_000;

/** How long nobody tries again by himself after an attempt that left survivors. */
const retryMilliseconds = 30_000;

/** What a decision to stop holds beyond what the supervisor itself knows. */
export type StopDecision = Pick<StopIntent, 'kind' | 'becomes' | 'force' | 'why' | 'atLimit'>;

/** The intent of a stop, carried out by this supervisor. */
export function intentOf(world: World, decision: StopDecision): StopIntent {
  return {
    ...decision,
    actor: world.actor,
    decidedAt: world.clock.now(),
    decidedMonotonic: world.clock.monotonic(),
    progressMonotonic: world.clock.monotonic(),
    begunMonotonic: null,
    reached: null,
    waitedFor: [],
    ports: [],
    bootId: world.executor.self.bootId,
    carrier: world.executor.self,
  };
}

/**
 * Waits until a decided stop has come to its end, whoever carries it out, and goes on with it when its carrier is gone,
 * stopped or hangs.
 * @returns the run when it is over, or still terminating when an attempt that ended from now on left survivors
 * @throws WardenError launcher_stopped
 */
export async function followStop(world: World, runId: RunId): Promise<Run> {
  const begun = world.clock.now();
  let stoppedSince: number | null = null;
  for (;;) {
    const run = await runNow(world.store, runId);
    if (isTerminal(run.status) || run.stop === null) return run;
    if (run.stop.carrier === null && run.killReport !== null && run.killReport.killedAt >= begun) return run;
    const own = world.carried.get(runId);
    if (own !== undefined && own.kind === run.stop.kind) return own.ended;
    const took = await takeOverStop(world, run);
    if (took !== null) return took;
    const now = world.clock.monotonic();
    stoppedSince = (await isLauncherStopped(world, run)) ? (stoppedSince ?? now) : null;
    if (stoppedSince !== null && now - stoppedSince > stoppedMilliseconds) await leaveToLauncher(world, run);
    await world.clock.sleep(followMilliseconds, world.disposed);
  }
}

async function isLauncherStopped(world: World, run: Run): Promise<boolean> {
  return run.status === 'pending' && run.launcher !== null && (await world.executor.isStopped(run.launcher));
}

/**
 * Ends what was begun of a run that nobody wants any more. What its launcher was about to make when it was stopped, only
 * that one can take back, who would go on with it.
 * @throws WardenError launcher_stopped
 */
async function leaveToLauncher(world: World, run: Run): Promise<never> {
  const { runId, launcher } = run;
  const survivors = await endBegun(world, run);
  throw new WardenError('launcher_stopped', { runId, pid: launcher?.pid ?? null, survivors: survivors.length });
}

/** @returns null while somebody else carries it out */
export async function takeOverStop(world: World, run: Run): Promise<Run | null> {
  const { stop } = run;
  if (stop === null || isTerminal(run.status) || world.carried.has(run.runId)) return null;
  const responsible = run.status === 'pending' ? launcherOf(run) : stop.carrier;
  const isOwn = responsible !== null && isSameProcess(responsible, world.executor.self);
  // A launcher of this very process undoes its launch itself; a stop of ours that nobody carries was dropped.
  if (isOwn ? run.status === 'pending' : responsible !== null && (await isAtWork(world, run, responsible))) return null;
  if (run.status === 'pending') return undoLaunch(world, run, 'terminated', cancelReason(stop));
  if (!(await isInSight(world, run))) return null;
  const mine = await changeStop(world, run.runId, (now) =>
    isSameCarrier(now.carrier, stop.carrier)
      ? { carrier: world.executor.self, progressMonotonic: world.clock.monotonic() }
      : null,
  );
  return mine === null ? null : carryStop(world, mine);
}

/** A launcher that was stopped is left to whoever continues it: nothing of the run has started. A stop waits for nobody. */
async function isAtWork(world: World, run: Run, responsible: ProcessIdentity): Promise<boolean> {
  const { executor, clock } = world;
  if (!(await executor.isAlive(responsible))) return false;
  if (run.status === 'pending') return true;
  return !isOverdue(run, executor.self.bootId, clock.monotonic()) && !(await executor.isStopped(responsible));
}

/** Of a run that is still in the queue nothing was made, so that anyone may end it. */
function launcherOf({ queue, launcher }: Run): ProcessIdentity | null {
  return queue?.waits === true ? null : launcher;
}

function isSameCarrier(one: ProcessIdentity | null, other: ProcessIdentity | null): boolean {
  return one === null || other === null ? one === other : isSameProcess(one, other);
}

/** An attempt left survivors a short while ago: the next may wait, unless a person asks for it. */
export function isRestingAfterSurvivors(run: Run, now: number): boolean {
  if (run.stop === null || run.stop.carrier !== null || run.killReport === null) return false;
  // A clock that was set back must not make it rest for hours.
  return Math.abs(now - run.killReport.killedAt) < retryMilliseconds;
}

/**
 * Carries out a stop that was decided, once however often it is asked for. A stop of another kind that this supervisor
 * carries out for the run, as when a kill overtakes the end of leftovers, comes to its end first.
 */
export function carryStop(world: World, run: Run): Promise<Run> {
  const kind = run.stop?.kind ?? 'kill';
  const before = world.carried.get(run.runId);
  if (before?.kind === kind) return before.ended;
  const begin = (): Promise<Run> => carry(world, run);
  const ended = (before === undefined ? begin() : before.ended.then(begin, begin)).finally(() => {
    if (world.carried.get(run.runId)?.ended === ended) world.carried.delete(run.runId);
  });
  world.carried.set(run.runId, { kind, ended });
  return ended;
}

async function carry(world: World, run: Run): Promise<Run> {
  const { stop } = run;
  if (stop === null) return run;
  const isOfThisBoot = isSameBoot(stop.bootId, world.executor.self.bootId);
  const begun = world.clock.monotonic();
  const decidedMonotonic = isOfThisBoot ? stop.decidedMonotonic : -Infinity;
  let { ports } = stop;
  // For whoever has to take over; no signal waits for it.
  const keeping: Promise<void>[] = [];
  const escalation = await escalate(world, run, {
    decidedMonotonic,
    begunMonotonic: isOfThisBoot ? stop.begunMonotonic : -Infinity,
    reached: stop.reached,
    signal: world.disposed,
    isForced: () => stop.force || world.members.isForced(run.runId),
    onWait: (waitedFor) => keepProgress(world, run, { waitedFor }),
    onBegin: (begunMonotonic) => keepProgress(world, run, { begunMonotonic }),
    onFirstSignal: async (members) => {
      const found = await ownPortsOf(world, members);
      if (found.length === 0) return;
      ports = together(ports, found);
      keeping.push(keepProgress(world, run, { ports }));
    },
    onPhase: (reached) => keeping.push(keepProgress(world, run, { reached })),
  });
  const durationMilliseconds = world.clock.monotonic() - (isOfThisBoot ? decidedMonotonic : begun);
  await Promise.all(keeping);
  // Another may have taken it over and finished it, as when this process was stopped meanwhile.
  const now = await runNow(world.store, run.runId);
  if (isTerminal(now.status)) return now;
  if (escalation.survivors.length > 0) return reportSurvivors(world, run, escalation, durationMilliseconds);
  const aftermath = await lookAfter(world, run, ports);
  const record = await world.folders.exitRecord(run.runId);
  const report = reportOf(world, run, { ...escalation, aftermath, durationMilliseconds, success: true });
  const patch = endOf(stop, record, report);
  const audit = auditOf(world, run.runId, stop.kind, 'done', {
    why: stop.why,
    facts: { ...killReportJson(report), status: patch.status, asked_by: stop.actor },
  });
  // A kill that was decided while leftovers of a finished run were being ended has a carrier of its own.
  const stillOurs = (now: Run): boolean => !isTerminal(now.status) && now.stop?.kind === stop.kind;
  const ended = await world.store.change(run.runId, stillOurs, patch, audit);
  if (ended === null) return runNow(world.store, run.runId);
  if (stop.kind === 'kill') world.goesOn(`keeping the work of ${run.runId}`, keepCheckpoint(world, ended));
  return ended;
}

function together(some: readonly Port[], more: readonly Port[]): readonly Port[] {
  const ports = [...some, ...more];
  return [...new Map(ports.map((one) => [`${one.protocol} ${one.port}`, one])).values()];
}

/** So that everyone sees how far it is, and whoever comes next goes on there. The kill itself does not depend on it. */
async function keepProgress(
  world: World,
  { runId, stop }: Run,
  progress: Partial<Pick<StopIntent, 'begunMonotonic' | 'reached' | 'waitedFor' | 'ports'>>,
): Promise<void> {
  try {
    const progressMonotonic = world.clock.monotonic();
    await changeStop(world, runId, (now) => (now.kind === stop?.kind ? { ...progress, progressMonotonic } : null));
  } catch (error) {
    world.diagnostics.failed(`keeping how far the stop of ${runId} is`, error);
  }
}

/**
 * Changes a part of the intent of a stop that is under way and leaves alone what others change at the same time.
 * @param change what to change of the intent as it is; null for nothing
 * @returns the run with the change; null when there was nothing to change
 */
export async function changeStop(
  world: World,
  runId: RunId,
  change: (stop: StopIntent) => Partial<StopIntent> | null,
  audit?: AuditEntry,
): Promise<Run | null> {
  for (;;) {
    const { stop, status } = await runNow(world.store, runId);
    const part = stop === null || isTerminal(status) ? null : change(stop);
    if (part === null) return null;
    const asRead = JSON.stringify(stop);
    const isAsRead = (now: Run): boolean => !isTerminal(now.status) && JSON.stringify(now.stop) === asRead;
    const changed = await world.store.change(runId, isAsRead, { stop: { ...stop, ...part } as StopIntent }, audit);
    if (changed !== null) return changed;
  }
}

async function reportSurvivors(
  world: World,
  run: Run,
  escalation: Escalation,
  durationMilliseconds: number,
): Promise<Run> {
  const report = reportOf(world, run, { ...escalation, aftermath: null, durationMilliseconds, success: false });
  // Told once for each set of survivors, however often it is tried.
  const known = JSON.stringify(run.killReport?.survivors) === JSON.stringify(report.survivors);
  const audit = auditOf(world, run.runId, run.stop?.kind ?? 'kill', 'failed', {
    facts: { ...killReportJson(report), status: run.status },
  });
  const patch = { killReport: report, killMethod: report.method };
  const isUnderWay = (found: Run): boolean => !isTerminal(found.status);
  await world.store.change(run.runId, isUnderWay, patch, known ? undefined : audit);
  await changeStop(world, run.runId, ({ carrier }) =>
    isSameCarrier(carrier, world.executor.self) ? { carrier: null } : null,
  );
  return runNow(world.store, run.runId);
}

function reportOf(
  world: World,
  run: Run,
  observed: Escalation & Pick<KillReport, 'aftermath' | 'durationMilliseconds' | 'success'>,
): KillReport {
  return {
    runId: run.runId,
    workflowName: run.workflowName,
    killedAt: world.clock.now(),
    // Both are written in the transaction that makes this report readable.
    sessionUpdated: true,
    auditLogged: true,
    ...observed,
  };
}

function endOf(stop: StopIntent, record: ExitRecord | null, report: KillReport): RunPatch {
  const { exitCode = null, signal = null } = record ?? {};
  const common = { exitCode, signal, stop: null };
  const by = stop.actor.user;
  switch (stop.kind) {
    case 'kill': {
      const reason: RunReason = {
        code: 'killed',
        by,
        why: stop.why,
        ...(stop.atLimit === true ? { atLimit: true } : {}),
      };
      return {
        ...common,
        reason,
        status: statusAfterKill(report.method),
        endedAt: report.killedAt,
        killMethod: report.method,
        killReport: report,
      };
    }
    case 'complete': {
      const reason: RunReason = { code: 'completed_by_hand', by, why: stop.why };
      return { ...common, reason, status: stop.becomes ?? 'completed', endedAt: report.killedAt };
    }
    case 'settle':
      return { ...common, ...outcomeOf(record), endedAt: record?.endedAt ?? report.killedAt };
  }
}
