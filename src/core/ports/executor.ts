import type { Containment, ContainmentMeans } from '../containment.ts';
import type { Port, PortState } from '../aftermath.ts';
import type { SignalOrder } from '../escalation.ts';
import type { Member } from '../membership.ts';
import type { Recognition } from '../recognition.ts';
import type { RunId } from '../run-id.ts';
import type { ProcessIdentity, ProcessSnapshot } from '../process-identity.ts';

export interface LaunchRequest {
  readonly runId: RunId;
  readonly argv: readonly [string, ...string[]];
  readonly workingDirectory: string;
  /** The whole environment of the command, ours included. */
  readonly environment: Readonly<Record<string, string>>;
  readonly runDirectory: string;
  readonly outputFile: string;
}

export interface LaunchedProcesses {
  readonly wrapper: ProcessIdentity;
  readonly command: ProcessIdentity;
  readonly containment: Containment;
}

/**
 * A command that exists, is identified and waits: it starts only when told to, so that nothing ever runs whose identity
 * was not recorded before. It ends by itself when the launcher dies before it said so.
 */
export interface HeldLaunch extends LaunchedProcesses {
  /** Lets the command start. */
  release(): Promise<void>;
  /** Ends it before it started. */
  abandon(): void;
}

export type SignalOutcome = 'sent' | 'gone' | 'not_permitted';

export interface FreezeRequest {
  readonly recognition: Recognition;
  readonly runs: ReadonlySet<RunId>;
}

export interface Frozen {
  readonly runId: RunId;
  readonly member: Member;
  readonly outcome: SignalOutcome;
}

export interface Occupant {
  readonly pid: number;
  readonly name: string;
}

/** Where runs run. `local` is the only one: this machine, this boot. */
export interface Executor {
  /** Our own process, as everyone else sees it. */
  readonly self: ProcessIdentity;
  /** The environment that a run starts from: the host's, without what belongs to the host alone. */
  environment(): Record<string, string>;
  /** What tells programs where to put their temporary files. */
  temporaryFolderVariables(folder: string): Record<string, string>;
  /** @returns the file of a program, as the command would find it; null when there is none */
  findProgram(
    program: string,
    workingDirectory: string,
    environment: Readonly<Record<string, string>>,
  ): Promise<string | null>;
  /**
   * Starts the wrapper and, in it, the command: detached, in a session of its own, output to a file.
   * @throws the system's own error when it cannot be started; nothing is left then
   */
  launch(request: LaunchRequest): Promise<HeldLaunch>;
  /** One look at all processes, in slices that leave the event loop free. Looks that overlap share one sweep. */
  look(): Promise<ProcessSnapshot>;
  /**
   * Checks each identity and right then sends. Ourselves, our ancestors and numbers that name no one process are refused.
   * @returns the outcomes, in the order of the orders
   */
  signal(orders: readonly SignalOrder[]): Promise<readonly SignalOutcome[]>;
  /**
   * Stops everyone of some runs at the moment that he is recognised, sweep after sweep, until two in a row find nobody
   * new: those who fork faster than anyone can look stand still then. It gives up looking for more after a few seconds.
   * Where the system cannot stop a process, everyone is only looked for.
   */
  freeze(request: FreezeRequest): Promise<readonly Frozen[]>;
  /** What holds the processes of a run together here; null where the system has nothing of the kind. */
  containmentMeans(): Promise<ContainmentMeans | null>;
  /** A command whose processes are as hard to end as one can make them here; see `runner/hostile-tree.ts`. */
  hostileTree(): readonly [string, ...string[]];
  /**
   * Pids in the control groups of runs and below them, right now; of no other folder than one that is the run's own.
   * @param controlGroups the folder of each run that has one
   */
  enclosed(controlGroups: ReadonlyMap<RunId, string>): Promise<ReadonlyMap<RunId, ReadonlySet<number>>>;
  /**
   * Kills everyone in the control group of a run, those who are being born included. Refused where it is not the run's
   * own, and while we or an ancestor of ours are in it.
   * @returns whether the system took the order
   */
  killControlGroup(runId: RunId, controlGroup: string): Promise<boolean>;
  /**
   * Whether a look from here would show a process if it was alive: not one that is in another container or sandbox. Of an
   * earlier boot nobody is alive, so that nothing of it is out of sight.
   */
  sees(identity: ProcessIdentity): Promise<boolean>;
  /** The same process under the number that it has here; null when it is gone or out of sight. */
  locate(identity: ProcessIdentity): Promise<ProcessIdentity | null>;
  /** Alive and still the same process; zombies are not. One that is out of sight may be. Costs a look at one process. */
  isAlive(identity: ProcessIdentity): Promise<boolean>;
  /** Alive, the same process, and stopped by a signal or a debugger. False where the system does not tell (Windows). */
  isStopped(identity: ProcessIdentity): Promise<boolean>;
  /**
   * How processes were started: program and arguments, in the order asked for; null for one that is gone, and where the
   * system does not tell. Where it tells one line only (macOS), that is cut at its blanks.
   */
  argumentsOf(identities: readonly ProcessIdentity[]): Promise<readonly (readonly string[] | null)[]>;
  /**
   * The number by which each calls itself: another than ours in a sandbox that has numbers of its own. Null for one that is
   * gone, and where the system has nothing of the kind.
   */
  ownNumbersOf(identities: readonly ProcessIdentity[]): Promise<readonly (number | null)[]>;
  /** The folder of the run that its environment names; null for one that is gone, and where the system does not tell. */
  runFolderOf(identity: ProcessIdentity): Promise<string | null>;
  /**
   * Ports on which these processes listen and nobody else does, in the network that we are in: a network of their own
   * goes with them. What the system does not tell is left out.
   */
  ownPortsOf(identities: readonly ProcessIdentity[]): Promise<readonly Port[]>;
  /** Who listens on these ports now, in their order. */
  portStatesOf(ports: readonly Port[]): Promise<readonly PortState[]>;
  /** Which of these TCP ports somebody listens on, or no server could be started on for another reason. */
  busyPorts(ports: readonly number[]): Promise<readonly number[]>;
  /** Processes whose working directory is at or below the folder. */
  occupantsOf(directory: string): Promise<readonly Occupant[]>;
  /**
   * Runs a command to its end, in a session of its own, its output appended to a file.
   * @returns null when it succeeded, else how it ended
   * @throws the signal's reason when aborted: the command itself is ended by whoever aborts, with all that it started
   */
  runToEnd(request: CommandRequest): Promise<string | null>;
}

export interface CommandRequest {
  readonly argv: readonly [string, ...string[]];
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly outputFile: string;
  readonly signal: AbortSignal;
  /** Told who it is, unless it ends at once. */
  readonly onStarted: (command: ProcessIdentity) => Promise<void>;
}
