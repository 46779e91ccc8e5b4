import { expect, it } from 'vitest';
import { holderIn, moreTimeIn, readableName } from '../../../src/core/run-files.ts';

it.each([
  ['10', 10_000],
  [' 2.5\n', 2_500],
  ['0', 0],
  ['', 0],
  ['soon', 0],
  ['-5', 0],
  ['1e9', 0],
  ['10 minutes', 0],
  ['Infinity', 0],
  ['9'.repeat(60), Number.MAX_SAFE_INTEGER],
])('a run that writes %j asks for %d ms', (text, milliseconds) => {
  expect(moreTimeIn(text)).toBe(milliseconds);
});

it.each([
  ['4711', 4711],
  ['4711\nnpm publish\n', 4711],
  ['  4711  ', 4711],
  ['', null],
  ['\n4711', null],
  ['publishing 3 packages', null],
  ['-1', null],
  ['0', null],
  ['9'.repeat(40), null],
])('a section that holds %j is held by %s', (text, pid) => {
  expect(holderIn(text)).toBe(pid);
});

it.each([
  ['npm publish', 'npm publish'],
  ['two\nlines\tand \u001B[31mred', 'two lines and [31mred'],
  ['turned \u202Ecilbup', 'turned cilbup'],
  ['\u0007', '?'],
  ['x'.repeat(200), `${'x'.repeat(79)}…`],
])('the name %j is shown as %j', (name, shown) => {
  expect(readableName(name)).toBe(shown);
});
