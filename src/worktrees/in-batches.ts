/** Runs a task on every item, a batch at a time, so that neither the event loop nor the thread pool is flooded. */
export async function inBatches<Item>(
  items: readonly Item[],
  size: number,
  task: (item: Item) => Promise<void>,
): Promise<void> {
  for (let start = 0; start < items.length; start += size) {
    await Promise.all(items.slice(start, start + size).map(task));
  }
}
