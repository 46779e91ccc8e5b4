/** What holds the processes of a run together besides their ancestry, as it was observed at launch. */
export interface Containment {
  /**
   * The wrapper adopts those of its descendants that lose their parent (PR_SET_CHILD_SUBREAPER), so that a daemon with an
   * emptied environment still descends from it.
   */
  readonly subreaper: boolean;
  /**
   * Folder of the control group that the run was put into alone: a scope of its name. Whatever it starts is born in it,
   * and leaves it only by asking for that. Null where there is none.
   */
  readonly controlGroup: string | null;
}

/** A run whose daemons the system's first process adopts. */
export const uncontained: Containment = { subreaper: false, controlGroup: null };

/** What this machine offers to hold the processes of a run together. */
export interface ContainmentMeans {
  /** A program that can make the wrapper adopt daemons. */
  readonly subreaper: boolean;
  /** A control group for each run, of the user's systemd. */
  readonly controlGroup: boolean;
}
