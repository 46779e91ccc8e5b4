import type { HeldLaunch } from '../../../src/core/ports/executor.ts';
import type { Ports } from '../../../src/supervisor/world.ts';

/** The `call`th write or signal, counted from 1, and on which side of it. */
export interface Moment {
  readonly call: number;
  readonly when: 'before' | 'after';
}

/** What changes nothing. Everything else that a port offers counts as an effect, also what is added one day. */
const reads = {
  store: [
    'run',
    'checkpoints',
    'diskUsages',
    'runs',
    'activeRuns',
    'activeProcesses',
    'watchedRuns',
    'samples',
    'runsVersion',
    'hasQueuedRuns',
    'replacementOf',
    'replacementsOf',
    'unansweredRuns',
    'uncleanedRuns',
    'repositoriesOfEnded',
    'runsToForget',
    'descendantsOf',
    'knownRunIds',
    'isOnlyKept',
    'seen',
    'auditEntries',
    'auditHistory',
    'counts',
    'auditCopied',
    'verifyAudit',
    'pendingNotices',
    'keys',
    'keyWithDigest',
    'request',
    'requests',
    'lease',
    'examine',
    'dataVersion',
    'requireDatabase',
    'close',
  ],
  executor: [
    'environment',
    'temporaryFolderVariables',
    'findProgram',
    'hostileTree',
    'containmentMeans',
    'look',
    'isAlive',
    'sees',
    'ownNumbersOf',
    'locate',
    'isStopped',
    'argumentsOf',
    'runFolderOf',
    'ownPortsOf',
    'portStatesOf',
    'busyPorts',
    'occupantsOf',
  ],
  worktrees: [
    'lastChangeIn',
    'repositoryOf',
    'commitOf',
    'placeOf',
    'emptySubmodules',
    'refusalOf',
    'list',
    'locksHeldBy',
    'pathsOf',
    'sizesOf',
    'changesSince',
    'fileAt',
    'usabilityOf',
    'survey',
    'others',
    'version',
    'staleLocks',
    'ownWorkIn',
    'checkpointsOf',
    'pooled',
    'hasPool',
    'settled',
  ],
  folders: [
    'tokenDigest',
    'heartbeat',
    'pathOf',
    'checkpointFolderOf',
    'keptEnvironment',
    'outputFileOf',
    'logFileOf',
    'exitRecord',
    'output',
    'lastLine',
    'read',
    'moreTime',
    'declaredSections',
    'watchExit',
  ],
} as const satisfies {
  readonly [Port in 'store' | 'executor' | 'worktrees' | 'folders']: readonly (keyof Ports[Port])[];
};

/** Counts the writes and signals of a supervisor, and ends the process at one of them, as a crash would. */
export class EffectCounter {
  count = 0;
  readonly #dieAt: Moment | undefined;

  constructor(dieAt: Moment | undefined) {
    this.#dieAt = dieAt;
  }

  counted(ports: Ports): Ports {
    const executor = this.#port(ports.executor, reads.executor);
    const launch: typeof executor.launch = async (request) => this.#held(await executor.launch(request));
    return {
      ...ports,
      store: this.#port(ports.store, reads.store),
      executor: new Proxy(executor, {
        get: (target, name) => (name === 'launch' ? launch : (Reflect.get(target, name, target) as unknown)),
      }),
      worktrees: this.#port(ports.worktrees, reads.worktrees),
      folders: this.#port(ports.folders, reads.folders),
    };
  }

  #held(held: HeldLaunch): HeldLaunch {
    return { ...held, release: () => this.#effect(() => held.release()), abandon: () => held.abandon() };
  }

  #port<Port extends object>(port: Port, reads: readonly string[]): Port {
    return new Proxy(port, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        const call = (...parameters: unknown[]): unknown => Reflect.apply(value, target, parameters) as unknown;
        if (typeof name !== 'string' || reads.includes(name)) return call;
        return (...parameters: unknown[]) => this.#effect(async () => call(...parameters));
      },
    });
  }

  async #effect<Result>(effect: () => Promise<Result>): Promise<Result> {
    this.count += 1;
    const call = this.count;
    this.#dieIf({ call, when: 'before' });
    const result = await effect();
    this.#dieIf({ call, when: 'after' });
    return result;
  }

  #dieIf({ call, when }: Moment): void {
    if (this.#dieAt?.call === call && this.#dieAt.when === when) process.kill(process.pid, 'SIGKILL');
  }
}
