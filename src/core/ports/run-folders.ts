import type { DeclaredSection } from '../critical-section.ts';
import type { GivenHeartbeat } from '../observation.ts';
import type { ExitRecord, Run } from '../run.ts';
import type { RunId } from '../run-id.ts';

export interface OutputFacts {
  readonly bytes: number;
  /** Epoch milliseconds of the last write; null when nothing was written yet. */
  readonly lastOutputAt: number | null;
}

/** What is written down of a run as it comes: by its command, its setup command and its teardown command. */
export type RunLog = 'output' | 'setup' | 'teardown';

/** `runs/<run_id>/` in the state folder: what outlives the database. */
export interface RunFolders {
  pathOf(runId: RunId): string;
  outputFileOf(runId: RunId): string;
  logFileOf(runId: RunId, log: RunLog): string;
  /** The folder in which a run saves what its restart is to find. */
  checkpointFolderOf(runId: RunId): string;
  /** Makes the folder with `run.json`, an empty exit record and what the run itself writes into, owner-only; what is there stays. @throws WardenError disk_full, state_folder_not_writable */
  create(run: Run): Promise<void>;
  remove(runId: RunId): Promise<void>;
  /** Keeps what a queued run is to start from, for whoever starts it. @throws WardenError disk_full, state_folder_not_writable */
  keepEnvironment(runId: RunId, environment: Readonly<Record<string, string>>): Promise<void>;
  /** Null when none was kept. */
  keptEnvironment(runId: RunId): Promise<Readonly<Record<string, string>> | null>;
  /** It may hold secrets: it stays no longer than it is needed. */
  forgetEnvironment(runId: RunId): Promise<void>;
  /** Keeps what the run's own token is recognised by. @throws WardenError disk_full, state_folder_not_writable */
  keepTokenDigest(runId: RunId, digest: string): Promise<void>;
  /** Null where it was given no token. */
  tokenDigest(runId: RunId): Promise<string | null>;
  /** Nothing is known of an end any more: its command begins anew. */
  forgetExit(runId: RunId): Promise<void>;
  exitRecord(runId: RunId): Promise<ExitRecord | null>;
  output(runId: RunId, log?: RunLog): Promise<OutputFacts>;
  /** The last line with something visible in it, without terminal escapes; null when there is none. */
  lastLine(runId: RunId, log?: RunLog): Promise<string | null>;
  /** Bytes of the output, or of another log, from `offset` on, at most `limit`. */
  read(runId: RunId, offset: number, limit: number, log?: RunLog): Promise<Uint8Array>;
  /** Calls back soon after the exit record was written; where the system cannot tell, never: poll too. */
  watchExit(runId: RunId, onChange: () => void): { dispose(): void };
  /**
   * The last sign of life that the run gave in its file `heartbeat`, fit for a terminal; `at` is epoch milliseconds. Null
   * when it never gave one, or that cannot be read.
   */
  heartbeat(runId: RunId): Promise<GivenHeartbeat | null>;
  /** Gives one in the place of the run, for when it asks us to. @throws WardenError disk_full, state_folder_not_writable */
  giveHeartbeat(runId: RunId, message: string | null): Promise<void>;
  /** What the run has put into its folder `critical`; names are fit for a terminal. Empty when it cannot be read. */
  declaredSections(runId: RunId): Promise<readonly DeclaredSection[]>;
  /** Milliseconds that the run asks for in its file `more-time`; 0 when there is none, or no number in it. */
  moreTime(runId: RunId): Promise<number>;
  /** What was asked for before counts no more. */
  forgetMoreTime(runId: RunId): Promise<void>;
  /**
   * Copies what one run saved in its checkpoint folder into that of another, links as links. Sockets and pipes stay
   * behind. @throws WardenError disk_full; the system's own error
   */
  handCheckpoint(from: RunId, to: RunId, signal: AbortSignal): Promise<void>;
}
