import type { StageLengths } from './escalation.ts';
import type { ResourceLimits } from './observation.ts';
import type { PortBounds } from './port-range.ts';

/**
 * What becomes of the worktree when a run of the workflow ends: nothing, also not in the daily pass; it goes if nothing in
 * it would be missed; it goes in any case, after its work was kept.
 */
export type CleanupPolicy = 'never' | 'whenClean' | 'always';

/** What is done about a run that has reached a limit. */
export type OnLimit = 'notify' | 'kill' | 'restart';

/** A workflow with every default filled in. A run keeps the one that it was started with. */
export interface Workflow {
  readonly name: string;
  readonly description: string | null;
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  readonly include: readonly string[];
  /** Must succeed in the new worktree before the command starts. */
  readonly setup: readonly [string, ...string[]] | null;
  readonly setupTimeoutMinutes: number;
  /** Runs in the worktree before a cleanup removes it. */
  readonly teardown: readonly [string, ...string[]] | null;
  readonly teardownTimeoutSeconds: number;
  readonly initializationTimeoutMinutes: number;
  readonly timeoutMinutes: number;
  readonly stuckAfterMinutes: number;
  readonly onStuck: OnLimit;
  readonly onTimeout: OnLimit;
  readonly limits: ResourceLimits;
  /** What is done when one of `limits` is exceeded. */
  readonly onLimit: OnLimit;
  /** How often the work of a run is kept while it goes on; null for never. */
  readonly checkpointMinutes: number | null;
  /** How many ports of its own a run gets; 0 for none. */
  readonly ports: number;
  readonly portBounds: PortBounds;
  readonly persistent: boolean;
  /** Null leaves the worktree to the daily pass. */
  readonly cleanup: CleanupPolicy | null;
  readonly retry: { readonly attempts: number; readonly backoffSeconds: number } | null;
  /** How long the stages of a kill last. */
  readonly kill: StageLengths;
  readonly maxConcurrentRuns: number | null;
}

/** The argv of a run: `${message}` replaced within each argument, never pasted into a shell line. */
export function argvOf(command: readonly [string, ...string[]], message: string): [string, ...string[]] {
  const [program, ...rest] = command;
  return [program, ...rest.map((argument) => argument.replaceAll('${message}', () => message))];
}
