import type { RunId } from '../run-id.ts';

/** The folder that holds the database and the folders of the runs. */
export interface StateFolder {
  readonly path: string;
  /** Runs that have a folder. */
  runFolders(): Promise<readonly RunId[]>;
  /** What is of ours and lets others in; nothing where the system has no such rights. */
  openToOthers(): Promise<readonly { readonly path: string; readonly mode: number }[]>;
  /** Takes all rights from others. @throws the system's own error */
  makePrivate(path: string): Promise<void>;
  /** Bytes that are free for us where a file or folder is, or would be; null when the system does not tell. */
  freeBytesAt(path: string): Promise<number | null>;
}
