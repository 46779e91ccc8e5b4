import { stripVTControlCharacters } from 'node:util';

const gap = '  ';

/**
 * Rows in columns as wide as their widest cell; colours count for nothing.
 * @param columns of the terminal: longer lines are cut there; null cuts nothing
 */
export function table(rows: readonly (readonly string[])[], columns: number | null = null): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, widthOf(cell));
  }
  return rows.map((row) => lineOf(row, widths, columns)).join('\n');
}

function lineOf(row: readonly string[], widths: readonly number[], columns: number | null): string {
  const last = row.length - 1;
  const start = row.slice(0, last).map((cell, index) => cell + ' '.repeat((widths[index] ?? 0) - widthOf(cell)));
  const taken = widths.slice(0, last).reduce((sum, width) => sum + width + gap.length, 0);
  return [...start, cut(row[last] ?? '', columns === null ? null : columns - taken)].join(gap).trimEnd();
}

/** Only the last cell is cut, and only when it is plain: a cut escape would colour the rest of the screen. */
function cut(cell: string, columns: number | null): string {
  if (columns === null || widthOf(cell) <= columns || cell !== stripVTControlCharacters(cell)) return cell;
  return columns < 2
    ? ''
    : `${Array.from(cell)
        .slice(0, columns - 1)
        .join('')}…`;
}

function widthOf(cell: string): number {
  return Array.from(stripVTControlCharacters(cell)).length;
}
