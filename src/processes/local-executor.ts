import type { Port, PortState } from '../core/aftermath.ts';
import type { ContainmentMeans } from '../core/containment.ts';
import type { Signal, SignalOrder } from '../core/escalation.ts';
import type {
  CommandRequest,
  Executor,
  FreezeRequest,
  Frozen,
  HeldLaunch,
  LaunchRequest,
  Occupant,
  SignalOutcome,
} from '../core/ports/executor.ts';
import {
  isSameBoot,
  isSignallablePid,
  type ProcessIdentity,
  type ProcessSnapshot,
  selfAndAncestors,
} from '../core/process-identity.ts';
import { SharedRound } from '../core/shared-round.ts';
import { hostileTree } from '../runner/hostile-tree.ts';
import type { RunId } from '../core/run-id.ts';
import { isBindable } from './bindable.ts';
import { killControlGroup, processesIn } from './control-group.ts';
import { freezeByLooks } from './freeze-by-looks.ts';
import { findProgram } from './find-program.ts';
import { inSlices } from './in-slices.ts';
import { LinuxLauncher } from './linux-launch.ts';
import { type ElsewhereFacts, ownNamespace } from './linux-namespace.ts';
import { LinuxProcessTable } from './linux-proc.ts';
import { NamespacePipes } from './namespace-pipes.ts';
import { launchOnPosix } from './posix-launch.ts';
import { sendPosixSignal } from './posix-signal.ts';
import type { ProcessTable } from './process-table.ts';
import { runEnvironment, temporaryFolderVariables } from './run-environment.ts';
import { runToEnd } from './run-to-end.ts';
import { findSubreaper } from './subreaper.ts';
import { canEncloseInScope, isScopeOf } from './systemd-scope.ts';
import { launchOnWindows } from './windows-launch.ts';
import { sendWindowsSignal } from './windows-signal.ts';

/**
 * Opens the process table of this operating system. The other systems' are not even loaded: what they import costs a command a
 * third of its start.
 * @param stateFolder where those who live in another container leave word that they do; none where nobody is asked of them
 * @throws WardenError cannot_look_at_processes
 */
export async function openLocalExecutor(stateFolder: string | null = null): Promise<Executor> {
  switch (process.platform) {
    case 'linux': {
      const pipes = stateFolder === null ? null : new NamespacePipes(stateFolder);
      const namespace = ownNamespace();
      const pipe = namespace === null ? null : ((await pipes?.hold(namespace)) ?? null);
      const launcher = new LinuxLauncher(process.env['PATH'] ?? '', pipe);
      const launch: Launch = (table, request) => launcher.launch(table, request);
      const table = new LinuxProcessTable((other) => pipes?.isDeserted(other) ?? false);
      return new LocalExecutor(table, launch, sendPosixSignal);
    }
    case 'win32': {
      const { WindowsProcessTable } = await import('./windows-cim.ts');
      return new LocalExecutor(await WindowsProcessTable.open(), launchOnWindows, sendWindowsSignal);
    }
    default: {
      const { PsProcessTable } = await import('./posix-ps.ts');
      return new LocalExecutor(await PsProcessTable.open(), launchOnPosix, sendPosixSignal);
    }
  }
}

type Launch = (table: ProcessTable, request: LaunchRequest) => Promise<HeldLaunch>;
type Send = (pid: number, signal: Signal) => SignalOutcome | Promise<SignalOutcome>;

/** Runs on this machine. */
export class LocalExecutor implements Executor {
  readonly #table: ProcessTable;
  readonly #looks: SharedRound<ProcessSnapshot>;
  /** As of the last look. */
  #neverSignalled: ReadonlySet<number> = new Set([process.pid, process.ppid]);

  readonly #launch: Launch;
  readonly #send: Send;

  constructor(table: ProcessTable, launch: Launch, send: Send) {
    this.#table = table;
    this.#launch = launch;
    this.#send = send;
    this.#looks = new SharedRound(() => table.look());
  }

  get self(): ProcessIdentity {
    return this.#table.self;
  }

  environment(): Record<string, string> {
    return runEnvironment(process.env);
  }

  temporaryFolderVariables(folder: string): Record<string, string> {
    return temporaryFolderVariables(folder);
  }

  findProgram(
    program: string,
    workingDirectory: string,
    environment: Readonly<Record<string, string>>,
  ): Promise<string | null> {
    return findProgram(program, workingDirectory, environment);
  }

  launch(request: LaunchRequest): Promise<HeldLaunch> {
    return this.#launch(this.#table, request);
  }

  async look(): Promise<ProcessSnapshot> {
    const snapshot = await this.#looks.join();
    this.#neverSignalled = selfAndAncestors(snapshot, process.pid);
    return snapshot;
  }

  async signal(orders: readonly SignalOrder[]): Promise<readonly SignalOutcome[]> {
    const isStill = await this.#table.confirm(orders.map(({ identity }) => identity));
    const outcomes: SignalOutcome[] = [];
    // Of two signals that follow each other at once to the same process, one check right before the first serves both.
    let confirmed: ProcessIdentity | null = null;
    const forget = (): void => void (confirmed = null);
    const send = ({ identity, signal }: SignalOrder): SignalOutcome | Promise<SignalOutcome> => {
      if (this.#isSpared(identity.pid)) return 'not_permitted';
      if (identity !== confirmed && !isStill(identity)) return 'gone';
      confirmed = identity;
      return this.#send(identity.pid, signal);
    };
    // Hundreds of orders are no reason to hold up the event loop.
    await inSlices(
      orders,
      (order) => {
        const outcome = send(order);
        if (typeof outcome === 'string') return void outcomes.push(outcome);
        forget();
        return outcome.then((later) => void outcomes.push(later));
      },
      forget,
    );
    return outcomes;
  }

  async freeze(request: FreezeRequest): Promise<readonly Frozen[]> {
    if (this.#table.freeze === undefined) {
      const stop = (identities: readonly ProcessIdentity[]): Promise<readonly SignalOutcome[]> =>
        this.signal(identities.map((identity) => ({ identity, signal: 'SIGSTOP' })));
      return freezeByLooks(request, () => this.look(), process.platform === 'win32' ? null : stop);
    }
    const isStill = await this.#table.confirm([]);
    return this.#table.freeze(request, (identity, signal) => {
      if (this.#isSpared(identity.pid)) return 'not_permitted';
      return isStill(identity) ? sendPosixSignal(identity.pid, signal) : 'gone';
    });
  }

  async containmentMeans(): Promise<ContainmentMeans | null> {
    if (process.platform !== 'linux') return null;
    const subreaper = await findSubreaper(process.env['PATH'] ?? '');
    return { subreaper: subreaper !== null, controlGroup: await canEncloseInScope() };
  }

  hostileTree(): readonly [string, ...string[]] {
    return hostileTree(process.platform);
  }

  #isSpared(pid: number): boolean {
    return !isSignallablePid(pid) || this.#neverSignalled.has(pid);
  }

  async enclosed(controlGroups: ReadonlyMap<RunId, string>): Promise<ReadonlyMap<RunId, ReadonlySet<number>>> {
    const pids = new Map<RunId, ReadonlySet<number>>();
    await inSlices(controlGroups, ([runId, folder]) => {
      if (isScopeOf(runId, folder)) pids.set(runId, processesIn(folder));
    });
    return pids;
  }

  async killControlGroup(runId: RunId, controlGroup: string): Promise<boolean> {
    if (!isScopeOf(runId, controlGroup)) return false;
    const pids = processesIn(controlGroup);
    if (pids.size === 0 || [...pids].some((pid) => this.#isSpared(pid))) return false;
    return killControlGroup(controlGroup);
  }

  async sees(identity: ProcessIdentity): Promise<boolean> {
    return (await this.#lookElsewhere(identity))?.isInSight ?? true;
  }

  async locate(identity: ProcessIdentity): Promise<ProcessIdentity | null> {
    const elsewhere = await this.#lookElsewhere(identity);
    return elsewhere === null ? identity : elsewhere.here;
  }

  async isAlive(identity: ProcessIdentity): Promise<boolean> {
    const elsewhere = await this.#lookElsewhere(identity);
    if (elsewhere !== null) return elsewhere.here !== null || !elsewhere.isInSight;
    return (await this.#table.confirm([identity]))(identity);
  }

  /** Null of one of our own namespace, and of an earlier boot. */
  async #lookElsewhere(identity: ProcessIdentity): Promise<ElsewhereFacts | null> {
    const { bootId } = this.self;
    if (identity.bootId === bootId || !isSameBoot(identity.bootId, bootId)) return null;
    return (await this.#table.lookElsewhere?.(identity)) ?? null;
  }

  isStopped(identity: ProcessIdentity): Promise<boolean> {
    return this.#table.isStopped(identity);
  }

  argumentsOf(identities: readonly ProcessIdentity[]): Promise<readonly (readonly string[] | null)[]> {
    return this.#table.argumentsOf(identities);
  }

  async ownNumbersOf(identities: readonly ProcessIdentity[]): Promise<readonly (number | null)[]> {
    return (await this.#table.ownNumbersOf?.(identities)) ?? identities.map(() => null);
  }

  runFolderOf(identity: ProcessIdentity): Promise<string | null> {
    return this.#table.runFolderOf(identity);
  }

  async ownPortsOf(identities: readonly ProcessIdentity[]): Promise<readonly Port[]> {
    const isStill = await this.#table.confirm(identities);
    return this.#table.ownPortsOf(identities.filter(isStill).map(({ pid }) => pid));
  }

  portStatesOf(ports: readonly Port[]): Promise<readonly PortState[]> {
    return ports.length === 0 ? Promise.resolve([]) : this.#table.portStatesOf(ports);
  }

  async busyPorts(ports: readonly number[]): Promise<readonly number[]> {
    // Who listens on one address of the machine only is seen in the listing.
    const states = await this.#table.portStatesOf(ports.map((port) => ({ port, protocol: 'tcp' })));
    const busy: number[] = [];
    for (const { port, state } of states) if (state !== 'free' || !(await isBindable(port))) busy.push(port);
    return busy;
  }

  occupantsOf(directory: string): Promise<readonly Occupant[]> {
    return this.#table.occupantsOf(directory);
  }

  runToEnd(request: CommandRequest): Promise<string | null> {
    return runToEnd(this.#table, request);
  }
}
