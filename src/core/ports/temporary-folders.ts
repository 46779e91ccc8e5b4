import type { RunId } from '../run-id.ts';

/** For each run a folder of its own for temporary files, outside of its worktree, for its owner alone. */
export interface TemporaryFolders {
  /**
   * Makes it, with a short path, since sockets are put there too. What is already there is never used.
   * @throws the system's own error; nothing of ours is left then
   */
  create(runId: RunId): Promise<string>;
  /**
   * Removes it with what is in it; links are removed, never followed.
   * @param onRemoved told of each file, with the bytes that it took on its disk
   * @returns false when the run has none
   * @throws the system's own error when something cannot be removed
   */
  remove(runId: RunId, onRemoved?: (bytes: number) => void): Promise<boolean>;
  /** Runs that have one. */
  runs(): Promise<readonly RunId[]>;
}
