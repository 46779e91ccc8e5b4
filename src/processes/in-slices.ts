import { isTurnOver, myTurn } from '../event-loop-turns.ts';

/**
 * Works through many items without holding up the event loop.
 * @param afterYield done each time that others had their turn
 */
export async function inSlices<Item>(
  items: Iterable<Item>,
  work: (item: Item) => void | Promise<void>,
  afterYield: () => void = () => undefined,
): Promise<void> {
  for (const item of items) {
    if (isTurnOver()) {
      await myTurn();
      afterYield();
    }
    const working = work(item);
    if (working !== undefined) await working;
  }
}
