import type { ExitRecord, Run } from '../run.ts';
import type { RunId } from '../run-id.ts';

export interface OutputFacts {
  readonly bytes: number;
  /** Epoch milliseconds of the last write; null when nothing was written yet. */
  readonly lastOutputAt: number | null;
}

/** `runs/<run_id>/` in the state folder: what outlives the database. */
export interface RunFolders {
  pathOf(runId: RunId): string;
  outputFileOf(runId: RunId): string;
  setupFileOf(runId: RunId): string;
  /** Makes the folder with `run.json` and an empty exit record, owner-only. @throws WardenError disk_full, state_folder_not_writable */
  create(run: Run): Promise<void>;
  remove(runId: RunId): Promise<void>;
  exitRecord(runId: RunId): Promise<ExitRecord | null>;
  output(runId: RunId): Promise<OutputFacts>;
  /** The last line with something visible in it, without terminal escapes; null when there is none. */
  lastLine(runId: RunId): Promise<string | null>;
  /** Bytes of the output from `offset` on, at most `limit`. */
  read(runId: RunId, offset: number, limit: number): Promise<Uint8Array>;
  /** Calls back soon after the exit record was written; where the system cannot tell, never: poll too. */
  watchExit(runId: RunId, onChange: () => void): { dispose(): void };
}
