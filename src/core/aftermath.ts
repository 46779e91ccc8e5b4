import type { Shortage } from './machine.ts';

/** What was found and done once nobody of the run was left. */
export interface Aftermath {
  /** Lock files of git that were left behind and removed, since it was proved that nobody holds them. */
  readonly locksRemoved: readonly string[];
  /** What was removed of the run's own folder for temporary files; null when it had none. */
  readonly temporaryFiles: RemovedFiles | null;
  /** Ports on which the run listened before it was killed. */
  readonly ports: readonly PortState[];
  readonly repository: RepositoryState;
  /** What of the machine is short now; absent where nobody looked, as in older versions. */
  readonly shortages?: readonly Shortage[];
  readonly durationMilliseconds: number;
}

export interface RemovedFiles {
  readonly files: number;
  /** What they took on their disk. */
  readonly bytes: number;
  /** False while the rest is still being removed, or when it could not be. */
  readonly complete: boolean;
}

export interface Port {
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
}

export interface PortState extends Port {
  /** `unknown` where the system does not tell. */
  readonly state: 'free' | 'taken' | 'unknown';
  /** Who listens there now; null when it is free, or is somebody whom we may not look at. */
  readonly holder: { readonly pid: number; readonly name: string } | null;
}

/** Whether git can work in the worktree as the kill left it. */
export type RepositoryState =
  | { readonly state: 'usable'; readonly operation: string | null }
  | { readonly state: 'damaged'; readonly detail: string }
  /** There is no worktree, or it could not be looked at. */
  | { readonly state: 'unknown'; readonly detail: string | null };
