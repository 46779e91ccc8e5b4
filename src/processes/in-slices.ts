import { setImmediate as yieldToEventLoop } from 'node:timers/promises';

/** Work between two yields to the event loop: short enough for an extension host, long enough to cost no more in sum. */
const sliceMilliseconds = 4;

/** @param afterYield done each time that others had their turn */
export async function inSlices<Item>(
  items: Iterable<Item>,
  work: (item: Item) => void | Promise<void>,
  afterYield: () => void = () => undefined,
): Promise<void> {
  let sliceEnd = performance.now() + sliceMilliseconds;
  for (const item of items) {
    const working = work(item);
    if (working !== undefined) await working;
    if (performance.now() >= sliceEnd) {
      await yieldToEventLoop();
      sliceEnd = performance.now() + sliceMilliseconds;
      afterYield();
    }
  }
}
