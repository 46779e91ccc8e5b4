import { type CriticalSection, criticalSectionsIn, type DeclaredSection } from '../core/critical-section.ts';
import { isGitProgram, mayHoldLock } from '../core/git-operation.ts';
import type { Member } from '../core/membership.ts';
import type { Run } from '../core/run.ts';
import { within } from './within.ts';
import type { World } from './world.ts';

/** A file system that does not answer, or a slow listing, holds up a kill no longer than this. */
const lookMilliseconds = 2_000;

/** What should not be cut in two right now. What cannot be looked at holds up nothing. */
export async function criticalSectionsOf(
  world: World,
  run: Run,
  members: readonly Member[],
): Promise<readonly CriticalSection[]> {
  return (await criticalSectionsSeen(world, run, members)) ?? [];
}

/** The same; null when it could not be looked at. */
export async function criticalSectionsSeen(
  world: World,
  run: Run,
  members: readonly Member[],
): Promise<readonly CriticalSection[] | null> {
  if (members.length === 0) return [];
  try {
    return await within(world.clock, lookMilliseconds, lookFor(world, run, members));
  } catch (error) {
    world.diagnostics.failed(`looking for critical sections of ${run.runId}`, error);
    return null;
  }
}

async function lookFor(world: World, run: Run, members: readonly Member[]): Promise<readonly CriticalSection[]> {
  const [{ gitArguments, locks }, declared] = await Promise.all([
    gitOf(world, run, members),
    world.folders.declaredSections(run.runId),
  ]);
  return criticalSectionsIn({ members, gitArguments, locks, declared: await asSeenHere(world, members, declared) });
}

/** Whoever declares a section in a sandbox may have another number there. */
async function asSeenHere(
  world: World,
  members: readonly Member[],
  declared: readonly DeclaredSection[],
): Promise<readonly DeclaredSection[]> {
  const pids = new Set(members.map(({ identity: { pid } }) => pid));
  const isKnown = ({ pid }: DeclaredSection): boolean => pid === null || pids.has(pid);
  if (declared.every(isKnown)) return declared;
  const numbers = await world.executor.ownNumbersOf(members.map(({ identity }) => identity));
  const byNumber = new Map(numbers.map((number, index) => [number, members[index]?.identity.pid]));
  return declared.map((section) =>
    isKnown(section) ? section : { ...section, pid: byNumber.get(section.pid) ?? section.pid },
  );
}

async function gitOf(world: World, run: Run, members: readonly Member[]) {
  const gits = members.filter(({ facts }) => isGitProgram(facts.name));
  const listed = gits.length === 0 ? [] : await world.executor.argumentsOf(gits.map(({ identity }) => identity));
  const gitArguments = new Map<number, readonly string[]>();
  for (const [index, { identity }] of gits.entries()) {
    const argv = listed[index] ?? null;
    if (argv !== null) gitArguments.set(identity.pid, argv);
  }
  const holders = members.map(({ identity: { pid }, facts }) => {
    const argv = gitArguments.get(pid);
    return { pid, isLockingGit: isGitProgram(facts.name) && (argv === undefined || mayHoldLock(argv)) };
  });
  const locks = run.worktree === null ? [] : await world.worktrees.locksHeldBy(run.worktree.path, holders);
  return { gitArguments, locks };
}

/** Milliseconds that the run asked for when it was told to end. */
export async function moreTimeOf(world: World, run: Run): Promise<number> {
  try {
    return await world.folders.moreTime(run.runId);
  } catch (error) {
    world.diagnostics.failed(`reading for how much time ${run.runId} asks`, error);
    return 0;
  }
}

/** What a run wrote before it was told to end asks for nothing. */
export async function forgetMoreTimeOf(world: World, run: Run): Promise<void> {
  try {
    await world.folders.forgetMoreTime(run.runId);
  } catch (error) {
    world.diagnostics.failed(`taking back for how much time ${run.runId} asked`, error);
  }
}
