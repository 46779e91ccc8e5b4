/** Runs a task when a place is free. Waiting ends with the signal's reason when it is aborted. */
export type InTurns = <Result>(task: () => Promise<Result>, signal?: AbortSignal) => Promise<Result>;

/** @param width how many tasks may be under way at once; the others wait, first come first served */
export function inTurns(width: number): InTurns {
  let free = width;
  const waiting: (() => void)[] = [];

  function place(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (free > 0) {
      free -= 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        waiting.splice(waiting.indexOf(enter), 1);
        reject(signal?.reason as Error);
      };
      const enter = () => {
        signal?.removeEventListener('abort', giveUp);
        resolve();
      };
      waiting.push(enter);
      signal?.addEventListener('abort', giveUp, { once: true });
    });
  }

  return async (task, signal) => {
    await place(signal);
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
