import { styleText } from 'node:util';
import { expect, test } from 'vitest';
import { table } from '../../../src/cli/table.ts';

test('columns are as wide as their widest cell, and nothing trails', () => {
  expect(
    table([
      ['RUN', 'AGE', 'LAST LINE'],
      ['one', '12 min', ''],
      ['twenty', '1 s', 'done'],
    ]),
  ).toBe('RUN     AGE     LAST LINE\none     12 min\ntwenty  1 s     done');
});

test('colours take no room', () => {
  const red = styleText('red', 'bad', { validateStream: false });

  expect(
    table([
      [red, 'x'],
      ['good', 'y'],
    ]),
  ).toBe(`${red}   x\ngood  y`);
});

test('the last cell is cut at the width of the terminal', () => {
  expect(table([['one', 'a long line']], 10)).toBe('one  a lo…');
  expect(table([['one', 'a long line']], 3)).toBe('one');
});
