/** What the worktrees of a repository took on the disk when they were measured. */
export interface DiskUsage {
  /** Top folder of the main checkout. */
  readonly repository: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly tookMilliseconds: number;
  /** All of them together: a file that several of them have by hard links counts once. Those not measured are missing. */
  readonly bytes: number;
  readonly worktrees: readonly MeasuredWorktree[];
}

export interface MeasuredWorktree {
  readonly path: string;
  /** Null where something in it could not be read. */
  readonly bytes: number | null;
}

/** A measurement is good for so long. */
const goodMilliseconds = 600_000;

/** One that takes long is repeated less often: no more than a twentieth of the time is spent on measuring. */
const restPerEffort = 20;

/** Whether it is time to measure again: after a while, or when a worktree has come. */
export function isOutdated(usage: DiskUsage | null, paths: readonly string[], now: number): boolean {
  if (usage === null) return paths.length > 0;
  const age = now - usage.at;
  // A clock that was set back makes it as old as one that is set forward.
  if (age < 0 || age > Math.max(goodMilliseconds, usage.tookMilliseconds * restPerEffort)) return true;
  const measured = new Set(usage.worktrees.map(({ path }) => path));
  return paths.some((path) => !measured.has(path));
}

/** What is known after a worktree has gone. What it shared with others counts as gone too, until that is measured. */
export function withoutWorktree(usage: DiskUsage, gone: string): DiskUsage {
  const freed = usage.worktrees.find(({ path }) => path === gone)?.bytes ?? 0;
  return {
    ...usage,
    bytes: Math.max(0, usage.bytes - freed),
    worktrees: usage.worktrees.filter(({ path }) => path !== gone),
  };
}

/** How far worktrees are within what they may take. */
export interface DiskBudget {
  /** Whose worktrees; null: of all repositories together. */
  readonly repository: string | null;
  readonly bytes: number;
  readonly budgetBytes: number;
}

/** The budgets that were set, with what was measured. @param budgetOf in bytes; null: none */
export function budgetsOf(
  usages: readonly DiskUsage[],
  budgetOf: (repository: string | null) => number | null,
): readonly DiskBudget[] {
  const all = { repository: null, bytes: usages.reduce((sum, { bytes }) => sum + bytes, 0) };
  return [all, ...usages].flatMap(({ repository, bytes }) => {
    const budgetBytes = budgetOf(repository);
    return budgetBytes === null ? [] : [{ repository, bytes, budgetBytes }];
  });
}

export function isOverBudget({ bytes, budgetBytes }: DiskBudget): boolean {
  return bytes > budgetBytes;
}
