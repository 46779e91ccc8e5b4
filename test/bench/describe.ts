import { table } from '../../src/cli/table.ts';
import { type ComparisonResult, type ContenderResult, medianOf } from './comparison.ts';

const header = ['', 'median ms', 'from – to', 'beside ours', 'left alive', 'longest block ms (worst)'];

/** A comparison as a table for people. */
export function describe({ title, notes, contenders }: ComparisonResult): string {
  return [title, ...notes.map((note) => `  ${note}`), table([header, ...contenders.map(rowOf)])].join('\n');
}

function rowOf({ name, milliseconds, median, ratio, survivors, blocks }: ContenderResult): string[] {
  const spread = `${amount(Math.min(...milliseconds))} – ${amount(Math.max(...milliseconds))}`;
  const longest = blocks.map(({ milliseconds }) => milliseconds);
  const block = `${medianOf(longest).toFixed(1)} (${Math.max(...longest).toFixed(1)})`;
  const left = survivors === null ? '' : String(survivors);
  return [name, amount(median), spread, `${ratio.toFixed(2)}x`, left, block];
}

const amount = (milliseconds: number): string =>
  milliseconds.toFixed(milliseconds < 100 ? 1 : 0).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
