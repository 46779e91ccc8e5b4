/** The short form is part of every `npm test`; the long one is `npm run test:chaos`. */
export const isLong = process.env['WARDEN_CHAOS_FORM'] === 'long';

/** What everything random in this run follows from. Set by vitest.config.ts, which draws it where nobody names one. */
export const seed = Number(process.env['WARDEN_CHAOS_SEED']);

/** How often the long form goes through everything. */
export const rounds = isLong ? Number(process.env['WARDEN_CHAOS_ROUNDS'] ?? 3) : 1;

/** Every test has numbers of its own, whichever others run: from the seed and its name. */
export function randomFor(name: string): Random {
  let state = seed;
  for (const letter of name) state = Math.imul(state ^ (letter.codePointAt(0) ?? 0), 0x01000193);
  return new Random(state);
}

/** mulberry32 */
class Random {
  #state: number;

  constructor(state: number) {
    this.#state = state | 0;
  }

  /** From 0 up to 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number below `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  oneOf<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError('nothing to choose from');
    return item;
  }

  /** `count` different whole numbers below `end`, in order. */
  sample(count: number, end: number): number[] {
    const chosen = new Set<number>();
    while (chosen.size < Math.min(count, end)) chosen.add(this.below(end));
    return [...chosen].sort((one, other) => one - other);
  }
}
