import { closeSync, openSync, readSync } from 'node:fs';

/** How long the event loop was held up at the longest, in milliseconds. */
export interface LongestBlock {
  /** From one turn of the loop to the next, without the time in which the process waited for a free core. */
  readonly milliseconds: number;
  /** The same with that time: on a busy machine this says more of the others than of us. */
  readonly withWaiting: number;
}

/**
 * Measures the longest block from now until `end`, by a timer that is due each millisecond. It tells a block of 5 ms and
 * more to within 1.3 ms, as `monitorEventLoopDelay` with a resolution of 1 ms does; its default resolution of 10 ms hides
 * everything below 11. The kernel tells how long the thread could have run and had no core (`schedstat`), which neither
 * shows: with more processes than cores most of a long gap is that. Where the kernel does not tell, nothing is taken off.
 */
export function measureBlocks(): { end(): LongestBlock } {
  const waiting = new RunQueueWait();
  let milliseconds = 0;
  let withWaiting = 0;
  let last = performance.now();
  let waited = waiting.milliseconds();
  const turn = (): void => {
    const now = performance.now();
    const waitedNow = waiting.milliseconds();
    milliseconds = Math.max(milliseconds, now - last - (waitedNow - waited));
    withWaiting = Math.max(withWaiting, now - last);
    last = now;
    waited = waitedNow;
  };
  const timer = setInterval(turn, 1);
  return {
    end: () => {
      clearInterval(timer);
      turn();
      waiting.close();
      return { milliseconds, withWaiting };
    },
  };
}

/** How long the main thread has waited for a core since it started. */
class RunQueueWait {
  readonly #file: number | null = openIfThere('/proc/self/schedstat');
  readonly #buffer = Buffer.alloc(96);

  milliseconds(): number {
    if (this.#file === null) return 0;
    const length = readSync(this.#file, this.#buffer, 0, this.#buffer.length, 0);
    return Number(this.#buffer.toString('latin1', 0, length).split(' ')[1]) / 1e6;
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
  }
}

function openIfThere(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch {
    return null;
  }
}
