import { createBirpc } from 'birpc';
import type { MessagePort } from 'node:worker_threads';
import type { Diagnostics } from '../core/ports/diagnostics.ts';
import { openSupervisor } from '../open-supervisor.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import { dataOf } from './failure-data.ts';
import { FromElsewhere } from './handed-over.ts';
import {
  type Answer,
  itemsAtOnce,
  type OpenRequest,
  type ThreadFunctions,
  type Verb,
  type WindowFunctions,
} from './protocol.ts';

/** The thread's side: a supervisor that answers what a window asks through a port, until it is told to end. */
export function serveSupervisor(port: MessagePort): ThreadFunctions {
  return new ServedSupervisor(port);
}

class ServedSupervisor implements ThreadFunctions {
  readonly #window;
  readonly #port: MessagePort;
  readonly #fromWindow: FromElsewhere;
  #supervisor: Supervisor | null = null;
  readonly #lists = new Map<number, unknown[]>();
  #lastList = 0;
  #mayLaunch = false;
  #maxAgeHours: number | null = null;

  constructor(port: MessagePort) {
    this.#port = port;
    this.#window = createBirpc<WindowFunctions, ThreadFunctions>(this, {
      post: (message) => port.postMessage(message),
      on: (listener) => void port.on('message', listener),
      bind: 'functions',
      // A launch may wait for hours in its queue.
      timeout: -1,
      eventNames: ['changed', 'failed', 'called'],
    });
    this.#fromWindow = new FromElsewhere((id, parameters) => void this.#window.called(id, parameters));
  }

  open({ intervalMilliseconds, mayLaunch, maxAgeHours }: OpenRequest): Promise<Answer> {
    const diagnostics: Diagnostics = {
      failed: (during, error) => void this.#window.failed(during, dataOf(error)),
    };
    this.#mayLaunch = mayLaunch;
    this.#maxAgeHours = maxAgeHours;
    return answer(async () => {
      const supervisor = await openSupervisor({ face: 'vscode', diagnostics });
      supervisor.startWatching(
        intervalMilliseconds,
        () => this.#mayLaunch,
        () => this.#maxAgeHours,
      );
      supervisor.onDidChange(() => void this.#window.changed());
      this.#supervisor = supervisor;
    });
  }

  ask(verb: Verb, handedOver: readonly unknown[]): Promise<Answer> {
    const { parameters, forget } = this.#fromWindow.take(handedOver);
    const answered = answer(async () => {
      if (this.#supervisor === null) throw new RangeError('the supervisor is not open');
      const method = this.#supervisor[verb] as (...parameters: unknown[]) => unknown;
      return method.apply(this.#supervisor, [...parameters]);
    });
    return answered.then((whole) => this.#inParts(whole)).finally(forget);
  }

  more(list: number): readonly unknown[] {
    const items = this.#lists.get(list)?.splice(0, itemsAtOnce) ?? [];
    if (items.length < itemsAtOnce) this.#lists.delete(list);
    return items;
  }

  #inParts(whole: Answer): Answer {
    if (!('value' in whole) || !Array.isArray(whole.value) || whole.value.length <= itemsAtOnce) return whole;
    const list = (this.#lastList += 1);
    this.#lists.set(list, [...whole.value]);
    return { list };
  }

  isWatching(): boolean {
    return this.#supervisor?.isWatching ?? false;
  }

  setMayLaunch(mayLaunch: boolean): void {
    this.#mayLaunch = mayLaunch;
  }

  setMaxAgeHours(maxAgeHours: number | null): void {
    this.#maxAgeHours = maxAgeHours;
  }

  abort(signal: number): void {
    this.#fromWindow.abort(signal);
  }

  /** Answers when nothing that was asked for goes on. With its port closed the thread has nothing left to do. */
  async dispose(): Promise<void> {
    await this.#supervisor?.dispose();
    setImmediate(() => this.#port.close());
  }
}

async function answer(work: () => Promise<unknown>): Promise<Answer> {
  try {
    return { value: await work() };
  } catch (error) {
    return { failure: dataOf(error) };
  }
}
