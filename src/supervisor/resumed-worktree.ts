import { checkpointCookie } from '../core/checkpoint-cookie.ts';
import { isWardenError, WardenError } from '../core/errors.ts';
import { lookCookie } from '../core/look-cookie.ts';
import type { Occupant } from '../core/ports/executor.ts';
import type { Repository } from '../core/ports/worktrees.ts';
import type { Run, RunWorktree } from '../core/run.ts';
import type { RunId } from '../core/run-id.ts';
import { isTerminal } from '../core/run-status.ts';
import { auditOf, type World } from './world.ts';

/** Whoever keeps the work of a run that was just killed, or looks at it, is done within milliseconds: he is waited for. */
const patienceMilliseconds = 30_000;

const lookMilliseconds = 50;

/**
 * Whether a run leaves, or will leave once it is over, a worktree that another may go on in.
 * @throws WardenError no_worktree, worktree_occupied by somebody who is not of the run
 */
export async function requireResumable(world: World, { runId, worktree, status, startedAt }: Run): Promise<void> {
  const isLaunch = !isTerminal(status) && startedAt === null;
  // What is made for a launch goes with it.
  if (worktree === null || isLaunch || !(await isThere(world, worktree)))
    throw new WardenError('no_worktree', { runId });
  if (isTerminal(status)) return;
  const before = await strangersIn(world, runId, worktree);
  if (before.length === 0) return;
  await world.clock.sleep(lookMilliseconds, world.disposed);
  const pids = new Set(before.map(({ pid }) => pid));
  requireNobody(
    worktree,
    (await strangersIn(world, runId, worktree)).find(({ pid }) => pids.has(pid)),
  );
}

/**
 * The worktree of a run that is over, for the one that goes on in it.
 * @throws WardenError no_worktree, worktree_occupied
 */
export async function worktreeToResume(world: World, { runId, worktree }: Run): Promise<RunWorktree> {
  if (worktree === null) throw new WardenError('no_worktree', { runId });
  const begun = world.clock.monotonic();
  let suspects: readonly number[] = [];
  for (;;) {
    const occupants = await world.executor.occupantsOf(worktree.path);
    if (occupants.length === 0) return worktree;
    const isLate = world.clock.monotonic() - begun > patienceMilliseconds;
    const strangers = isLate ? occupants : await strangersAmong(world, runId, occupants);
    requireNobody(
      worktree,
      strangers.find(({ pid }) => isLate || suspects.includes(pid)),
    );
    suspects = strangers.map(({ pid }) => pid);
    await world.clock.sleep(lookMilliseconds, world.disposed);
  }
}

/** Somebody may have removed it by hand. */
async function isThere({ worktrees }: World, { path }: RunWorktree): Promise<boolean> {
  try {
    await worktrees.repositoryOf(path);
    return true;
  } catch (error) {
    if (isWardenError(error, 'not_a_repository')) return false;
    throw error;
  }
}

async function strangersIn(world: World, runId: RunId, { path }: RunWorktree): Promise<readonly Occupant[]> {
  return strangersAmong(world, runId, await world.executor.occupantsOf(path));
}

/**
 * Those who are neither of the run nor of us. One that is just ending has no environment any more, and cannot be told from
 * a stranger: who is, is there again.
 */
async function strangersAmong(
  world: World,
  runId: RunId,
  occupants: readonly Occupant[],
): Promise<readonly Occupant[]> {
  const members = new Set((await world.members.of(runId)).map(({ identity: { pid } }) => pid));
  const { processes } = await world.executor.look();
  const ours = new Set<string | null>([checkpointCookie(runId), lookCookie(runId)]);
  return occupants.filter(({ pid }) => !members.has(pid) && !ours.has(processes.get(pid)?.cookie ?? null));
}

/** @throws WardenError worktree_occupied */
function requireNobody({ path }: RunWorktree, stranger: Occupant | undefined): void {
  if (stranger === undefined) return;
  throw new WardenError('worktree_occupied', { path, pid: stranger.pid, name: stranger.name });
}

/**
 * Makes a worktree the new run's, after its work was kept as the old run left it. The rows of both name it for a moment:
 * the mark in git's folder says whose it is, and the new run is not over, so that nobody removes it.
 */
export async function takeOver(world: World, repository: Repository, run: Run, old: Run): Promise<void> {
  if (old.worktree === null) throw new WardenError('no_worktree', { runId: old.runId });
  const { path } = old.worktree;
  await world.worktrees.checkpoint({ path, runId: old.runId, why: 'restart' });
  await world.worktrees.handOver(repository, { path, from: old.runId, to: run.runId });
  await world.store.change(
    old.runId,
    (now) => now.worktree?.path === path,
    { worktree: null },
    auditOf(world, old.runId, 'hand over', 'done', { facts: { worktree: path, to: run.runId } }),
  );
}

/** Undoes that, however far it got, for a launch that will not become a run. */
export async function handBack(world: World, repository: Repository, run: Run, oldId: RunId): Promise<void> {
  const { worktree } = run;
  if (worktree === null) return;
  const there = await world.worktrees.list(repository);
  // It went before it was taken over.
  if (!there.some(({ path }) => path === worktree.path)) return;
  await world.worktrees.handOver(repository, { path: worktree.path, from: run.runId, to: oldId });
  await world.store.change(
    oldId,
    (now) => now.worktree === null,
    { worktree },
    auditOf(world, oldId, 'hand over', 'done', { facts: { worktree: worktree.path, from: run.runId } }),
  );
}
