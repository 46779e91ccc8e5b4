import type { Port, PortState } from '../core/aftermath.ts';
import type { FreezeRequest, Frozen, Occupant, SignalOutcome } from '../core/ports/executor.ts';
import type { ProcessIdentity, ProcessSnapshot } from '../core/process-identity.ts';
import type { ElsewhereFacts } from './linux-namespace.ts';

/** What each operating system must be able to tell about processes; one file per system implements it. */
export interface ProcessTable {
  readonly self: ProcessIdentity;
  look(): Promise<ProcessSnapshot>;
  /**
   * Prepares a check of these identities.
   * @returns asked right before a signal: is it alive and still the same process? On Linux each answer is a fresh look;
   * elsewhere it is as old as this call
   */
  confirm(identities: readonly ProcessIdentity[]): Promise<(identity: ProcessIdentity) => boolean>;
  /** The process that has this number right now; null when none is alive. */
  identify(pid: number): Promise<ProcessIdentity | null>;
  /** Of a process of this boot in another pid namespace; absent where there are none. */
  lookElsewhere?(identity: ProcessIdentity): Promise<ElsewhereFacts>;
  /** See Executor; absent where every process has one number. */
  ownNumbersOf?(identities: readonly ProcessIdentity[]): Promise<(number | null)[]>;
  /** See Executor. */
  isStopped(identity: ProcessIdentity): Promise<boolean>;
  /** See Executor.argumentsOf. */
  argumentsOf(identities: readonly ProcessIdentity[]): Promise<(readonly string[] | null)[]>;
  /** See Executor. */
  runFolderOf(identity: ProcessIdentity): Promise<string | null>;
  /** See Executor.freeze; absent where only whole looks can be had. */
  freeze?(request: FreezeRequest, send: SendOne): Promise<Frozen[]>;
  /** See Executor. */
  ownPortsOf(pids: readonly number[]): Promise<readonly Port[]>;
  portStatesOf(ports: readonly Port[]): Promise<readonly PortState[]>;
  occupantsOf(directory: string): Promise<readonly Occupant[]>;
}

/** Checks the identity and right then sends. */
export type SendOne = (identity: ProcessIdentity, signal: 'SIGSTOP' | 'SIGCONT') => SignalOutcome;
