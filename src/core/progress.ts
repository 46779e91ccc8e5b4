/** How many different lines of a run's output are remembered, newest last. */
const linesKnown = 200;

// oxlint-disable-next-line no-control-regex -- what tells a terminal to draw is not what is drawn (ECMA-48)
const controlSequences = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;

/** Times of day and dates, with or without a zone; how long something has taken; seconds and milliseconds since 1970. */
const clocks = [
  /\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)?(?:Z|[+-]\d\d:?\d\d)?/g,
  /\b\d{1,3}:\d\d(?::\d\d)?(?:[.,]\d+)?(?:\s?[ap]m)?\b/gi,
  /\b\d+(?:[.,]\d+)?\s?(?:ms|s|sec|secs|seconds?|m|min|mins|minutes?|h|hours?)\b/gi,
  /\b1\d{9}(?:\d{3}|\.\d+)?\b/g,
];

/** Signs that stand alone and turn: braille, blocks, arrows, stars, dots, the bars of a terminal. */
const spinners = /(?<=^|\s)[|/\\\-+*.·•…‥∙●○◐-◷◜-◟✢-✿⠀-⣿■-◿▀-▟←-⇿]+(?=\s|$)/gu;

/**
 * A line as far as it tells of progress: what a terminal is told, clocks and spinners taken out. Numbers that count
 * something stay.
 */
export function tellingPart(line: string): string {
  let text = line.replaceAll(controlSequences, '');
  for (const clock of clocks) text = text.replaceAll(clock, ' ');
  return text.replaceAll(spinners, ' ').replaceAll(/\s+/g, ' ').trim();
}

export interface Progress {
  /** Something was printed that the run had not printed lately. */
  readonly isNew: boolean;
  /** Marks of the lines printed lately, to be given to the next call; the very same list where nothing was printed. */
  readonly known: readonly string[];
}

/**
 * Tells progress from repaint: a spinner that draws the same line again, a line of which only the clock changes, and the
 * same few lines over and over are none.
 * @param known of the call before
 * @param text what was printed since; a line that is drawn over (carriage return) is one of its own
 */
export function progressIn(known: readonly string[], text: string): Progress {
  if (text === '') return { isNew: false, known };
  const lately = new Set(known);
  let isNew = false;
  for (const line of text.split(/[\r\n]+/)) {
    const telling = tellingPart(line);
    if (telling === '') continue;
    const mark = markOf(telling);
    if (!lately.has(mark)) isNew = true;
    lately.delete(mark);
    lately.add(mark);
  }
  return { isNew, known: [...lately].slice(-linesKnown) };
}

/** FNV-1a, 32 bits: two lines in four thousand million share a mark by chance, and then one sign of progress is missed. */
function markOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0).toString(36);
}
