import { endingOf } from '../core/ending.ts';
import type { Member } from '../core/membership.ts';
import { isQueued, isSameLauncher, mayBePutBack } from '../core/queue.ts';
import { isSameBoot } from '../core/process-identity.ts';
import { type ExitRecord, outcomeOf, type Run } from '../core/run.ts';
import type { RunId } from '../core/run-id.ts';
import { isTerminal } from '../core/run-status.ts';
import { runNow } from './find-run.ts';
import { whyNever } from './queue-now.ts';
import { isInSight } from './sight.ts';
import { carryStop, intentOf, isRestingAfterSurvivors, takeOverStop } from './stop.ts';
import { undoInterrupted } from './undo-launch.ts';
import { auditOf, type World } from './world.ts';

/** A stop that goes on in the background: what takes seconds must not hold up the other runs. */
export interface OngoingStop {
  readonly ended: Promise<Run>;
}

/**
 * Brings the rows in line with what is: takes the exit record of what ended, fails as lost what vanished, undoes launches
 * whose launcher is gone, and goes on with stops that nobody carries out any more. What lives is left to live.
 * @param some active runs; all where nothing is said
 * @returns the stops that go on in the background, for whoever wants to wait for them
 */
export async function reconcile(world: World, some?: readonly Run[]): Promise<readonly OngoingStop[]> {
  const active = some ?? (await world.store.watchedRuns());
  if (active.length === 0) return [];
  const members = active.some(needsLook) ? await world.members.look() : new Map<RunId, readonly Member[]>();
  const stops: OngoingStop[] = [];
  for (const run of active) {
    const stop = await reconcileRun(world, run, members.get(run.runId) ?? []);
    if (stop !== null) stops.push(stop);
  }
  return stops;
}

/** The same for one run. One whose command lives costs no look at all processes, however often somebody asks. */
export async function reconcileOne(world: World, run: Run): Promise<OngoingStop | null> {
  if (isTerminal(run.status) || (await isCommandAlive(world, run))) return null;
  return reconcileRun(world, run, needsLook(run) ? await world.members.of(run.runId) : []);
}

const needsLook = ({ status, stop }: Run): boolean => status === 'running' && stop === null;

/** Told by a look at one process alone. */
async function isCommandAlive({ executor }: World, run: Run): Promise<boolean> {
  return needsLook(run) && run.process !== null && (await executor.isAlive(run.process.command));
}

/**
 * The run as it is: one whose command and processes are gone is over by itself, and whoever wants to end it is too late.
 * Its leftovers, if any, are left to the caller.
 */
export async function endIfOver(world: World, run: Run): Promise<Run> {
  if (run.status !== 'running' || run.stop !== null) return run;
  // Without a sweep before the first signal.
  if (await isCommandAlive(world, run)) return run;
  const members = await world.members.of(run.runId);
  if (members.length > 0) return run;
  await settleIfOver(world, run, members);
  return runNow(world.store, run.runId);
}

async function reconcileRun(world: World, run: Run, members: readonly Member[]): Promise<OngoingStop | null> {
  if (world.carried.has(run.runId)) return null;
  if (isRestingAfterSurvivors(run, world.clock.now())) return null;
  if (run.stop !== null) return background(world, takeOverStop(world, run), run);
  if (isQueued(run)) {
    await cancelInVain(world, run);
    return null;
  }
  if (run.status === 'pending') {
    const interrupted = await interruptedLaunch(world, run);
    return interrupted === null ? null : background(world, undoInterrupted(world, interrupted), run);
  }
  return run.status === 'running' ? settleIfOver(world, run, members) : null;
}

/** A run that waits for one that will not complete never starts. */
async function cancelInVain(world: World, run: Run): Promise<void> {
  const reason = await whyNever(world, run);
  if (reason === null) return;
  const patch = { status: 'terminated', reason, endedAt: world.clock.now(), launcher: null } as const;
  const audit = auditOf(world, run.runId, 'launch', 'failed', { facts: { ...reason } });
  if ((await world.store.change(run.runId, isQueued, patch, audit)) !== null)
    await world.folders.forgetEnvironment(run.runId);
}

/**
 * The row is read once more after its launcher was found dead: by then he may have brought the launch to its end, and the
 * dead change nothing any more. One that waits in the queue is started by whoever sees that it is due.
 */
async function interruptedLaunch(world: World, { runId, launcher, queue }: Run): Promise<Run | null> {
  if (queue?.waits === true || (launcher !== null && (await world.executor.isAlive(launcher)))) return null;
  const now = await runNow(world.store, runId);
  const isSame = now.status === 'pending' && now.stop === null && now.queue?.waits !== true;
  return isSame && isSameLauncher(now.launcher, launcher) ? now : null;
}

async function settleIfOver(world: World, run: Run, members: readonly Member[]): Promise<OngoingStop | null> {
  // One whose record was lost may be of this boot, so its processes decide.
  const sameBoot = run.process === null || isSameBoot(run.process.command.bootId, world.executor.self.bootId);
  // While its command lives no record says otherwise: of 1,000 runs they took longer to read than all processes.
  if (sameBoot && members.some(({ role }) => role === 'command')) return null;
  if (!(await isInSight(world, run))) return null;
  const ending = endingOf({ sameBoot, members, record: await world.folders.exitRecord(run.runId) });
  switch (ending.kind) {
    case 'goes_on':
      return null;
    case 'over': {
      // One empty look may fall between a fork and its child.
      if ((await world.members.of(run.runId)).length > 0) return null;
      return end(world, run, await world.folders.exitRecord(run.runId), false);
    }
    case 'other_boot':
      return end(world, run, ending.record, true);
    case 'leftovers': {
      if (isToBePutBack(run, ending.record)) return background(world, undoInterrupted(world, run), run);
      const stop = intentOf(world, { kind: 'settle', becomes: null, force: false, why: null });
      const settling = await world.store.change(run.runId, isUndisturbed, { stop });
      return settling === null ? null : background(world, carryStop(world, settling), settling);
    }
  }
}

async function end(world: World, run: Run, record: ExitRecord | null, otherBoot: boolean): Promise<OngoingStop | null> {
  if (isToBePutBack(run, record)) return background(world, undoInterrupted(world, run), run);
  const { exitCode = null, signal = null, endedAt = world.clock.now() } = record ?? {};
  const outcome = outcomeOf(record);
  const reason = otherBoot && record === null ? ({ code: 'lost_in_reboot' } as const) : outcome.reason;
  const audit = auditOf(world, run.runId, 'end', 'done', { facts: { status: outcome.status, exit_code: exitCode } });
  await world.store.change(run.runId, isUndisturbed, { ...outcome, reason, exitCode, signal, endedAt }, audit);
  return null;
}

const isToBePutBack = (run: Run, record: ExitRecord | null): boolean =>
  record?.neverBegan === true && mayBePutBack(run);

const isUndisturbed = (now: Run): boolean => now.status === 'running' && now.stop === null;

/** Those of some active runs that may have to be reconciled, as far as can be told without a look at the processes. */
export async function unsettledOf(world: World, runs: readonly Run[]): Promise<readonly Run[]> {
  const unsettled: Run[] = [];
  for (const run of runs) {
    const goesOn =
      run.status === 'running' && run.stop === null && (await world.folders.exitRecord(run.runId)) === null;
    if (!goesOn) unsettled.push(run);
  }
  return unsettled;
}

/**
 * A stop that goes on by itself: its failure is told once, and whoever waits for it sees the run as it is then. A command
 * that only looks leaves before its end, but not in the middle of a step.
 */
function background(world: World, stop: Promise<Run | null>, run: Run): OngoingStop {
  const ended = stop.then(
    (found) => found ?? run,
    (error: unknown) => {
      if (!world.disposed.aborted) world.diagnostics.failed(`stopping ${run.runId}`, error);
      return run;
    },
  );
  world.goesOn(`stopping ${run.runId}`, ended);
  return { ended };
}
