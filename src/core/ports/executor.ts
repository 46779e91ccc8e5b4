import type { Signal } from '../escalation.ts';
import type { ProcessIdentity, ProcessSnapshot } from '../process-identity.ts';
import type { RunId } from '../run-id.ts';

export interface LaunchRequest {
  readonly runId: RunId;
  readonly argv: readonly [string, ...string[]];
  readonly workingDirectory: string;
  /** The whole environment of the command, ours included. */
  readonly environment: Readonly<Record<string, string>>;
  readonly runDirectory: string;
}

export interface Launched {
  readonly wrapper: ProcessIdentity;
  readonly command: ProcessIdentity;
}

export type SignalOutcome = 'sent' | 'gone' | 'not_permitted';

/** How much of a promise the platform lets the sweep keep. */
export interface Occupant {
  readonly pid: number;
  readonly name: string;
}

/** Where runs run. `local` is the only one: this machine, this boot. */
export interface Executor {
  /** Our own process, as everyone else sees it. */
  readonly self: ProcessIdentity;
  /** Environment that a new run starts from: the host's, without what belongs to the host alone. */
  environment(): Record<string, string>;
  /** Where a program is found; null when it is not. */
  findProgram(
    program: string,
    workingDirectory: string,
    environment: Readonly<Record<string, string>>,
  ): Promise<string | null>;
  /**
   * Starts the wrapper and, in it, the command: detached, in a session of its own, output to the run's folder.
   * @throws WardenError launch_failed is made by the caller; here the system's own error is thrown
   */
  launch(request: LaunchRequest): Promise<Launched>;
  /** Finds what `launch` started when the launcher died before it could say so. */
  findLaunched(runDirectory: string): Promise<Launched | null>;
  /** One look at all processes, in slices that leave the event loop free. Looks that overlap share one sweep. */
  look(): Promise<ProcessSnapshot>;
  /** Checks the identity and only then sends. Refuses ourselves, our ancestors and numbers that name no one process. */
  signal(identity: ProcessIdentity, signal: Signal): SignalOutcome;
  /** Alive, and still the same process; zombies are not. Cheap: one process. */
  isAlive(identity: ProcessIdentity): boolean;
  /** Processes whose working directory is at or below the folder. */
  occupantsOf(directory: string): Promise<readonly Occupant[]>;
  /** Runs a setup command to its end, output appended to the file. @returns null when it succeeded, else what to say */
  runToEnd(request: {
    readonly argv: readonly [string, ...string[]];
    readonly workingDirectory: string;
    readonly environment: Readonly<Record<string, string>>;
    readonly outputFile: string;
    readonly signal: AbortSignal;
  }): Promise<string | null>;
}
