import { budgetsOf, type DiskBudget, type DiskUsage, isOutdated, withoutWorktree } from '../core/disk-usage.ts';
import type { Repository } from '../core/ports/worktrees.ts';
import { isWardenError } from '../core/errors.ts';
import type { World } from './world.ts';

/** What the worktrees of a repository take, and what they may. */
export interface DiskReport {
  /** As measured last; null when it never was, or there is none. */
  readonly usage: DiskUsage | null;
  /** Of this repository and of all together, where one was set. */
  readonly budgets: readonly DiskBudget[];
}

/**
 * A budget that cannot be read is left out, which an alert tells: what there is must be seen all the same.
 * @param measure again where that was long ago
 * @throws WardenError not_a_repository
 */
export async function diskReport(world: World, directory: string, measure: boolean): Promise<DiskReport> {
  const repository = await world.worktrees.repositoryOf(directory);
  const usage = measure ? await measureIfOutdated(world, repository) : await knownUsage(world, repository.path);
  const usages = await world.store.diskUsages();
  const budgets = await Promise.all(
    [null, repository.path].map((path) => budgetsFor(world, usages, [path]).catch(unlessInvalid)),
  );
  return { usage, budgets: budgets.flat() };
}

function unlessInvalid(error: unknown): readonly DiskBudget[] {
  if (isWardenError(error, 'invalid_workflows')) return [];
  throw error;
}

/** Every budget that was set, with what was measured last. @throws WardenError invalid_workflows */
export async function diskBudgets(world: World): Promise<readonly DiskBudget[]> {
  const usages = await world.store.diskUsages();
  return budgetsFor(world, usages, [null, ...usages.map(({ repository }) => repository)]);
}

async function budgetsFor(
  world: World,
  usages: readonly DiskUsage[],
  repositories: readonly (string | null)[],
): Promise<readonly DiskBudget[]> {
  const budgets = await Promise.all(
    repositories.map(async (repository) => [repository, await world.definitions.worktreeBudget(repository)] as const),
  );
  const byRepository = new Map(budgets);
  return budgetsOf(usages, (repository) => byRepository.get(repository) ?? null);
}

export async function knownUsage(world: World, repositoryPath: string): Promise<DiskUsage | null> {
  return (await world.store.diskUsages()).find(({ repository }) => repository === repositoryPath) ?? null;
}

/** Measures where what is known is old, or is not of all worktrees. Whoever asks meanwhile gets the same. */
export function measureIfOutdated(world: World, repository: Repository): Promise<DiskUsage | null> {
  const underWay = world.measuring.get(repository.path);
  if (underWay !== undefined) return underWay;
  const looking = lookAgain(world, repository).finally(() => world.measuring.delete(repository.path));
  world.measuring.set(repository.path, looking);
  return looking;
}

async function lookAgain(world: World, repository: Repository): Promise<DiskUsage | null> {
  const known = await knownUsage(world, repository.path);
  const paths = await world.worktrees.pathsOf(repository);
  return isOutdated(known, paths, world.clock.now()) ? await measure(world, repository, paths) : known;
}

async function measure(world: World, repository: Repository, paths: readonly string[]): Promise<DiskUsage> {
  const { clock, worktrees, store, disposed, diagnostics } = world;
  const [at, begun] = [clock.now(), clock.monotonic()];
  const { each, together } = await worktrees.sizesOf(paths, disposed);
  const usage: DiskUsage = {
    repository: repository.path,
    at,
    tookMilliseconds: Math.round(clock.monotonic() - begun),
    bytes: together,
    worktrees: paths.map((path, index) => ({ path, bytes: each[index] ?? null })),
  };
  // What cannot be written down is told all the same.
  await store
    .keepDiskUsage(usage)
    .catch((error: unknown) => diagnostics.failed('keeping the sizes of worktrees', error));
  return usage;
}

/** Takes a worktree that was removed off what was measured. Never throws: it has gone. */
export async function forgetWorktree(
  world: World,
  { repository, path }: { readonly repository: string; readonly path: string },
): Promise<void> {
  try {
    const usage = await knownUsage(world, repository);
    if (usage !== null) await world.store.keepDiskUsage(withoutWorktree(usage, path));
  } catch (error) {
    world.diagnostics.failed('keeping the sizes of worktrees', error);
  }
}

/** What was measured of a repository that is not there any more counts no longer. */
export async function measureWhereThere(world: World, repositoryPath: string): Promise<void> {
  try {
    await measureIfOutdated(world, await world.worktrees.repositoryOf(repositoryPath));
  } catch (error) {
    if (!isWardenError(error, 'not_a_repository')) throw error;
    const nothing = { at: world.clock.now(), tookMilliseconds: 0, bytes: 0, worktrees: [] };
    await world.store.keepDiskUsage({ repository: repositoryPath, ...nothing });
  }
}
