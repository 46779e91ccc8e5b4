/** A worktree that was prepared for a run to come, as a look found it. */
export interface PooledWorktree {
  /** 12 hex digits. */
  readonly id: string;
  readonly path: string;
  /** Whose files it holds. */
  readonly commit: string;
  /**
   * `busy`: somebody is preparing it or handing it out; `ready`: it is as it was prepared, as far as a quick look tells;
   * `touched`: somebody else changed or locked it, it is neither used nor removed.
   */
  readonly state: 'busy' | 'ready' | 'touched';
  /** What git was told to make of the files when they were checked out, see settingsOf; null while that is not known. */
  readonly settings: string | null;
  /** When every file was looked at last and all were those of the commit, in epoch milliseconds; null while busy. */
  readonly lookedAt: number | null;
}

/** Who looks after pools does so each minute: one that was looked at since then need not be looked at by a launch. */
const freshMilliseconds = 120_000;

/** The files are looked at again once the last look is so long ago. */
const lookAgainMilliseconds = 45_000;

/** Whether a launch may do without a look at every file. A look that lies in the future was before the clock was set back. */
export function isLookFresh(lookedAt: number, now: number): boolean {
  return now >= lookedAt && now - lookedAt < freshMilliseconds;
}

/** What a pool should be. */
export interface WantedPool {
  readonly size: number;
  /** What the next run is expected to start from. */
  readonly commit: string;
  readonly settings: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** What is to be done to a pool, by ids. */
export interface PoolWork {
  /** Their files become those of the wanted commit. */
  readonly renew: readonly string[];
  readonly discard: readonly string[];
  /** Every file of theirs is looked at again. */
  readonly look: readonly string[];
  /** How many are to be made. */
  readonly prepare: number;
}

/**
 * What brings a pool up to date. Those that somebody touched count: otherwise whatever touches each new one would fill
 * the disk with them.
 */
export function poolWork(pool: readonly PooledWorktree[], wanted: WantedPool): PoolWork {
  const places = Math.max(0, wanted.size - pool.filter(({ state }) => state !== 'ready').length);
  const ready = pool.filter(({ state }) => state === 'ready');
  const usable = ready.filter(({ settings }) => settings === wanted.settings);
  // Those that need nothing done first.
  const best = [...usable].sort(
    (one, other) => Number(other.commit === wanted.commit) - Number(one.commit === wanted.commit),
  );
  const kept = best.slice(0, places);
  const isDue = ({ lookedAt }: PooledWorktree): boolean =>
    lookedAt === null || wanted.now < lookedAt || wanted.now - lookedAt >= lookAgainMilliseconds;
  return {
    look: kept.filter((one) => one.commit === wanted.commit && isDue(one)).map(({ id }) => id),
    renew: kept.filter(({ commit }) => commit !== wanted.commit).map(({ id }) => id),
    discard: ready.filter((one) => !kept.includes(one)).map(({ id }) => id),
    prepare: places - kept.length,
  };
}
