import { type LongestBlock, measureBlocks } from './event-loop-blocks.ts';

/** One go of a contender: everything is there, and only `run` is timed. */
export interface Attempt {
  /** Resolves when the contender says that it is done and it is. */
  run(): Promise<void>;
  /** Takes everything down. Not timed. @returns how many processes were left that should not be; null where none was to end */
  finish(): Promise<number | null>;
}

export interface Contender {
  readonly name: string;
  /** How many of what is compared one go of it covers, when that is not all: slow contenders are given less. */
  readonly amount?: number;
  /** Fewer rounds than the others, for what takes long. */
  readonly rounds?: number;
  prepare(): Promise<Attempt>;
}

/** Contenders for one job. The first is ours. */
export interface Comparison {
  readonly title: string;
  /** What a reader has to know: what is replaced, what is left out. */
  readonly notes: readonly string[];
  readonly rounds: number;
  /** Rounds before the first that counts; 1 when absent. */
  readonly warmUps?: number;
  /** What the job is about, e.g. 1,000 runs; ratios are by one of them. */
  readonly amount: number;
  readonly contenders: readonly [Contender, ...Contender[]];
}

export interface ContenderResult {
  readonly name: string;
  readonly amount: number;
  readonly milliseconds: readonly number[];
  readonly median: number;
  /** Its time by ours, both by one of the amount. */
  readonly ratio: number;
  /** The most that were left in any round; null where nothing was to end. */
  readonly survivors: number | null;
  /** The longest of each round. */
  readonly blocks: readonly LongestBlock[];
}

export interface ComparisonResult {
  readonly title: string;
  readonly notes: readonly string[];
  readonly contenders: readonly ContenderResult[];
}

interface Measured {
  readonly milliseconds: number[];
  survivors: number | null;
  readonly blocks: LongestBlock[];
}

/** Lets the contenders take turns, so that what else the machine does meets them all alike. */
export async function compare(comparison: Comparison, say: (progress: string) => void): Promise<ComparisonResult> {
  const measured = new Map<Contender, Measured>();
  for (const contender of comparison.contenders)
    measured.set(contender, { milliseconds: [], survivors: null, blocks: [] });
  for (let round = -(comparison.warmUps ?? 1); round < comparison.rounds; round += 1) {
    for (const contender of comparison.contenders) {
      if (round >= (contender.rounds ?? comparison.rounds) || (round < 0 && contender.rounds === 1)) continue;
      say(`${comparison.title}: round ${round + 1} of ${comparison.rounds}, ${contender.name}`);
      await measureOnce(contender, round < 0 ? null : (measured.get(contender) ?? null));
    }
  }
  return { title: comparison.title, notes: comparison.notes, contenders: resultsOf(comparison, measured) };
}

async function measureOnce(contender: Contender, into: Measured | null): Promise<void> {
  const attempt = await contender.prepare();
  // What the preparation left to be collected is not to be paid for by the contender.
  globalThis.gc?.();
  const blocks = measureBlocks();
  const begun = performance.now();
  await attempt.run();
  const milliseconds = performance.now() - begun;
  const block = blocks.end();
  const survivors = await attempt.finish();
  if (into === null) return;
  into.milliseconds.push(milliseconds);
  if (survivors !== null) into.survivors = Math.max(into.survivors ?? 0, survivors);
  into.blocks.push(block);
}

function resultsOf(comparison: Comparison, measured: ReadonlyMap<Contender, Measured>): ContenderResult[] {
  let ours: number | null = null;
  return comparison.contenders.map((contender) => {
    const { milliseconds = [], survivors = null, blocks = [] } = measured.get(contender) ?? {};
    const amount = contender.amount ?? comparison.amount;
    const median = medianOf(milliseconds);
    ours ??= median / amount;
    return {
      name: contender.name,
      amount,
      milliseconds,
      median,
      ratio: median / amount / ours,
      survivors,
      blocks,
    };
  });
}

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
