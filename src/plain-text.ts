import { stripVTControlCharacters } from 'node:util';

/** Text of others on one line, with nothing in it that a terminal would obey. */
export function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what must not get through
  return stripVTControlCharacters(text).replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}

/** Text of others with its lines, but nothing else in it that a terminal would obey. */
export function plainLines(text: string): string {
  return text
    .split(/\r*\n/)
    .map((line) => oneLine(line.replaceAll('\t', '    ')))
    .join('\n');
}
