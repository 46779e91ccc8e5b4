import { createBirpc } from 'birpc';
import { Worker } from 'node:worker_threads';
import type { Diagnostics } from '../core/ports/diagnostics.ts';
import { errorFrom } from './failure-data.ts';
import { StayingHere } from './handed-over.ts';
import {
  type Answer,
  type OpenRequest,
  type ThreadFunctions,
  type Verb,
  type Verbs,
  verbs,
  type WindowFunctions,
} from './protocol.ts';
import { supervisorThread } from './supervisor-thread.ts';

export interface ThreadOptions extends OpenRequest {
  /** The program: started as a thread, it calls `serveSupervisor`. */
  readonly entry: string;
  readonly diagnostics: Diagnostics;
  readonly environment?: NodeJS.ProcessEnv;
}

/**
 * The verbs of a supervisor that works in a thread of its own, with what a window needs beside them. Whatever it does (its
 * database waits for the disk, git is started, thousands of processes are looked at, garbage is collected), the event
 * loop of the window, which all extensions share, goes on.
 */
export interface SupervisorInThread extends Verbs {
  /** Whether this supervisor is the one that watches. */
  isWatching(): Promise<boolean>;
  /** Whether runs may be started again by themselves. */
  setMayLaunch(mayLaunch: boolean): void;
  /** Of the daily pass over the worktrees; null for none. */
  setMaxAgeHours(maxAgeHours: number | null): void;
  /** Tells of changes that any process made. */
  onDidChange(listener: () => void): { dispose(): void };
  /** Resolves when the thread has ended: an error when nobody asked it to. What was asked for has failed then. */
  readonly ended: Promise<Error | null>;
  /** Ends what this supervisor does; the runs go on. */
  dispose(): Promise<void>;
}

/** @throws WardenError see openSupervisor */
export async function openSupervisorInThread(options: ThreadOptions): Promise<SupervisorInThread> {
  const thread = new Thread(options);
  try {
    await thread.open(options);
  } catch (error) {
    await thread.end();
    throw error;
  }
  const served = Object.fromEntries(
    (Object.keys(verbs) as Verb[]).map((verb) => [
      verb,
      (...parameters: readonly unknown[]) => thread.ask(verb, parameters),
    ]),
  ) as unknown as Verbs;
  return {
    ...served,
    isWatching: () => thread.isWatching(),
    setMayLaunch: (mayLaunch) => thread.setMayLaunch(mayLaunch),
    setMaxAgeHours: (maxAgeHours) => thread.setMaxAgeHours(maxAgeHours),
    onDidChange: (listener) => thread.onDidChange(listener),
    ended: thread.ended,
    dispose: () => thread.dispose(),
  };
}

/** The window's side. */
class Thread implements WindowFunctions {
  readonly ended: Promise<Error | null>;
  readonly #worker: Worker;
  readonly #remote;
  readonly #diagnostics: Diagnostics;
  readonly #stayingHere: StayingHere;
  readonly #listeners = new Set<() => void>();
  #isEnding = false;

  constructor({ entry, diagnostics, environment = process.env }: ThreadOptions) {
    this.#diagnostics = diagnostics;
    this.#worker = new Worker(entry, {
      workerData: supervisorThread,
      name: supervisorThread,
      env: environment,
    });
    this.#remote = createBirpc<ThreadFunctions, WindowFunctions>(this, {
      post: (message) => this.#worker.postMessage(message),
      on: (listener) => void this.#worker.on('message', listener),
      bind: 'functions',
      timeout: -1,
      eventNames: ['setMayLaunch', 'setMaxAgeHours', 'abort'],
    });
    this.#stayingHere = new StayingHere((id) => this.#tell(this.#remote.abort(id)));
    this.ended = this.#whenEnded();
  }

  async open({ intervalMilliseconds, mayLaunch, maxAgeHours }: OpenRequest): Promise<void> {
    await this.#valueOf(await this.#remote.open({ intervalMilliseconds, mayLaunch, maxAgeHours }));
  }

  async ask(verb: Verb, parameters: readonly unknown[]): Promise<unknown> {
    const { copied, forget } = this.#stayingHere.handOver(parameters);
    try {
      return await this.#valueOf(await this.#remote.ask(verb, copied));
    } finally {
      forget();
    }
  }

  isWatching(): Promise<boolean> {
    return this.#remote.isWatching();
  }

  setMayLaunch(mayLaunch: boolean): void {
    this.#tell(this.#remote.setMayLaunch(mayLaunch));
  }

  setMaxAgeHours(maxAgeHours: number | null): void {
    this.#tell(this.#remote.setMaxAgeHours(maxAgeHours));
  }

  onDidChange(listener: () => void): { dispose(): void } {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  failed(during: string, failure: Parameters<WindowFunctions['failed']>[1]): void {
    this.#diagnostics.failed(during, errorFrom(failure));
  }

  called(id: number, parameters: readonly unknown[]): void {
    this.#stayingHere.call(id, parameters);
  }

  async dispose(): Promise<void> {
    this.#isEnding = true;
    // A thread that has ended already has nothing left to do.
    await Promise.race([this.#remote.dispose(), this.ended]);
    await this.end();
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    await this.#worker.terminate();
  }

  async #valueOf(answer: Answer): Promise<unknown> {
    if ('failure' in answer) throw errorFrom(answer.failure);
    if ('value' in answer) return answer.value;
    const items: unknown[] = [];
    for (let part: readonly unknown[] = [null]; part.length > 0; items.push(...part)) {
      part = await this.#remote.more(answer.list);
    }
    return items;
  }

  /** What is told to a thread that has ended is told to nobody. */
  #tell(telling: Promise<unknown>): void {
    telling.catch(() => undefined);
  }

  #whenEnded(): Promise<Error | null> {
    let failure: Error | null = null;
    this.#worker.on('error', (error) => (failure = error instanceof Error ? error : new Error(String(error))));
    return new Promise((resolve) => {
      this.#worker.on('exit', () => {
        const unexpected = this.#isEnding ? null : (failure ?? new Error('the thread ended by itself'));
        this.#remote.$close(unexpected ?? undefined);
        this.#listeners.clear();
        resolve(unexpected);
      });
    });
  }
}
