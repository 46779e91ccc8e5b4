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
}

/** What a pool should be. */
export interface WantedPool {
  readonly size: number;
  /** What the next run is expected to start from. */
  readonly commit: string;
  readonly settings: string;
}

/** What is to be done to a pool, by ids. */
export interface PoolWork {
  /** Their files become those of the wanted commit. */
  readonly renew: readonly string[];
  readonly discard: readonly string[];
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
  return {
    renew: kept.filter(({ commit }) => commit !== wanted.commit).map(({ id }) => id),
    discard: ready.filter((one) => !kept.includes(one)).map(({ id }) => id),
    prepare: places - kept.length,
  };
}
