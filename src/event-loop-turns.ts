import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * How long all who cut their work into slices may hold up one turn of the event loop together. Each with a slice of his
 * own, they added up: 200 kills at once held it up for 40 ms.
 */
const budgetMilliseconds = 4;

let budgetEnds = 0;
let isReleasing = false;
const waiting: (() => void)[] = [];

/** Whether the others are to have their turn now. */
export function isTurnOver(): boolean {
  return performance.now() >= budgetEnds;
}

/** Resolves when it is one's turn, in the order in which it was asked for. */
export function myTurn(): Promise<void> {
  const turn = new Promise<void>((resolve) => {
    waiting.push(resolve);
  });
  if (!isReleasing) void release();
  return turn;
}

/** Work that is done at once, when it is its turn: of many that come at the same time the last waits, not the event loop. */
export async function inTurn<Result>(work: () => Result): Promise<Result> {
  if (isTurnOver()) await myTurn();
  return work();
}

async function release(): Promise<void> {
  isReleasing = true;
  while (waiting.length > 0) {
    await nextTurn();
    budgetEnds = performance.now() + budgetMilliseconds;
    do {
      waiting.shift()?.();
      // What was waited for is done before the clock is looked at again.
      await Promise.resolve();
      await Promise.resolve();
    } while (waiting.length > 0 && !isTurnOver());
  }
  isReleasing = false;
}
