/** Stands for a function or an abort signal that stays in the thread which made it. */
export interface Token {
  readonly token: 'function' | 'signal';
  readonly id: number;
}

/** What of a call's parameters stays here: told by its number, as long as the call is under way. */
export class StayingHere {
  readonly #functions = new Map<number, (...parameters: readonly unknown[]) => unknown>();
  readonly #signals = new Map<number, { readonly signal: AbortSignal; readonly onAbort: () => void }>();
  readonly #tellAbort: (id: number) => void;
  #lastId = 0;

  /** @param tellAbort tells the other thread that a signal was aborted */
  constructor(tellAbort: (id: number) => void) {
    this.#tellAbort = tellAbort;
  }

  /** @returns what can be copied, and how to forget the rest when the call is over */
  handOver(parameters: readonly unknown[]): { readonly copied: readonly unknown[]; readonly forget: () => void } {
    const ids: number[] = [];
    const token = (value: unknown): unknown => {
      const id = this.#keep(value);
      if (id === null) return value;
      ids.push(id);
      return { token: typeof value === 'function' ? 'function' : 'signal', id } satisfies Token;
    };
    const copied = parameters.map((parameter) =>
      isPlain(parameter)
        ? Object.fromEntries(Object.entries(parameter).map(([key, value]) => [key, token(value)]))
        : token(parameter),
    );
    return { copied, forget: () => this.#forget(ids) };
  }

  /** Calls a function that stayed here; the call that it belongs to may be over. */
  call(id: number, parameters: readonly unknown[]): void {
    this.#functions.get(id)?.(...parameters);
  }

  #keep(value: unknown): number | null {
    if (typeof value !== 'function' && !(value instanceof AbortSignal)) return null;
    const id = (this.#lastId += 1);
    if (value instanceof AbortSignal) {
      const onAbort = (): void => this.#tellAbort(id);
      this.#signals.set(id, { signal: value, onAbort });
      value.addEventListener('abort', onAbort, { once: true });
      if (value.aborted) queueMicrotask(onAbort);
    } else {
      this.#functions.set(id, value as (...parameters: readonly unknown[]) => unknown);
    }
    return id;
  }

  #forget(ids: readonly number[]): void {
    for (const id of ids) {
      const entry = this.#signals.get(id);
      entry?.signal.removeEventListener('abort', entry.onAbort);
      this.#signals.delete(id);
      this.#functions.delete(id);
    }
  }
}

/** What stands here for what stayed in the other thread. */
export class FromElsewhere {
  readonly #aborting = new Map<number, AbortController>();
  readonly #tell: (id: number, parameters: readonly unknown[]) => void;

  /** @param tell calls a function that stayed in the other thread; what it returns is not waited for */
  constructor(tell: (id: number, parameters: readonly unknown[]) => void) {
    this.#tell = tell;
  }

  /** @returns parameters as they were before they were handed over, and how to forget them when the call is over */
  take(copied: readonly unknown[]): { readonly parameters: readonly unknown[]; readonly forget: () => void } {
    const ids: number[] = [];
    const standIn = (value: unknown): unknown => {
      if (!isToken(value)) return value;
      if (value.token === 'function') return (...parameters: unknown[]) => this.#tell(value.id, parameters);
      const controller = new AbortController();
      this.#aborting.set(value.id, controller);
      ids.push(value.id);
      return controller.signal;
    };
    const parameters = copied.map((parameter) =>
      isPlain(parameter) && !isToken(parameter)
        ? Object.fromEntries(Object.entries(parameter).map(([key, value]) => [key, standIn(value)]))
        : standIn(parameter),
    );
    return { parameters, forget: () => ids.forEach((id) => this.#aborting.delete(id)) };
  }

  abort(id: number): void {
    this.#aborting.get(id)?.abort();
  }
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function isToken(value: unknown): value is Token {
  return isPlain(value) && (value['token'] === 'function' || value['token'] === 'signal') && 'id' in value;
}
