/** Time as the product needs it: one for people and one for durations. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Milliseconds since some point of this boot, the same for every process of the machine; sleep and clock changes do not move it. */
  monotonic(): number;
  /** Resolves when the event loop has time for more, in the order asked: many who go on at once would hold it up. */
  turn(): Promise<void>;
  /** Rejects with the signal's reason when aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}
