import { detailOf } from '../core/errors.ts';
import { descendantsOf, type Impact, noWork, observed, type OwnWork, unknown } from '../core/impact.ts';
import { lookCookie } from '../core/look-cookie.ts';
import type { Member } from '../core/membership.ts';
import { isSameBoot } from '../core/process-identity.ts';
import { isRetryAwaited } from '../core/retry.ts';
import type { Run } from '../core/run.ts';
import type { RunId } from '../core/run-id.ts';
import { criticalSectionsSeen } from './critical-sections.ts';
import { endOwnGit } from './end-own-git.ts';
import { within } from './within.ts';
import type { World } from './world.ts';

/** A preview takes no longer, of however many runs: somebody waits for it. */
const workMilliseconds = 20_000;

/** One look at all processes takes some milliseconds. */
const processMilliseconds = 5_000;

const tooLate = 'it could not be looked at in time';

/** What a kill of these runs would cut off or leave alone. Ends nothing; what cannot be seen in time is `unknown`. */
export async function impactOf(world: World, runs: readonly Run[]): Promise<readonly Impact[]> {
  if (runs.length === 0) return [];
  const members = await membersSeen(world);
  return Promise.all(runs.map((run) => impactOfOne(world, run, members)));
}

/** The members of each active run, or why they could not be seen. */
type MembersSeen = ReadonlyMap<RunId, readonly Member[]> | string;

async function membersSeen(world: World): Promise<MembersSeen> {
  try {
    return (await within(world.clock, processMilliseconds, world.members.look())) ?? tooLate;
  } catch (error) {
    return detailOf(error);
  }
}

async function impactOfOne(world: World, run: Run, members: MembersSeen): Promise<Impact> {
  const [work, processes, family, replacement] = await Promise.all([
    workOf(world, run),
    processesOf(world, run, members),
    world.store.descendantsOf(run.runId),
    world.store.replacementOf(run.runId),
  ]);
  return {
    runId: run.runId,
    workflowName: run.workflowName,
    status: run.status,
    ...work,
    ...processes,
    isRetryAwaited: isRetryAwaited(run, world.clock.now(), replacement !== null),
    children: descendantsOf(run.runId, family, world.clock.now()),
    runningMilliseconds: runningMillisecondsOf(world, run),
  };
}

async function processesOf(
  world: World,
  run: Run,
  members: MembersSeen,
): Promise<Pick<Impact, 'processes' | 'underWay'>> {
  if (typeof members === 'string') return { processes: unknown(members), underWay: unknown(members) };
  const own = members.get(run.runId) ?? [];
  const sections = await criticalSectionsSeen(world, run, own);
  return { processes: observed(own.length), underWay: sections === null ? unknown(tooLate) : observed(sections) };
}

async function workOf(world: World, { runId, worktree, startedAt }: Run): Promise<OwnWork> {
  if (worktree === null || startedAt === null) return noWork;
  const look = world.worktrees.ownWorkIn({ ...worktree, runId });
  const late = { files: unknown(tooLate), commits: unknown(tooLate) };
  const work = (await within(world.clock, workMilliseconds, look)) ?? late;
  const isWhole = work.files.state === 'observed' && work.commits.state === 'observed';
  if (!isWhole) world.goesOn(`ending the look at ${worktree.path}`, endOwnGit(world, lookCookie(runId)));
  return work;
}

/** By the clock that sleep and clock changes do not move, where the run is of this boot and not over. */
function runningMillisecondsOf({ clock, executor }: World, { process, startedAt, endedAt }: Run): number | null {
  if (endedAt !== null) return startedAt === null ? null : Math.max(0, endedAt - startedAt);
  if (process !== null && isSameBoot(process.command.bootId, executor.self.bootId)) {
    return Math.max(0, clock.monotonic() - process.startedMonotonic);
  }
  return startedAt === null ? null : Math.max(0, clock.now() - startedAt);
}
