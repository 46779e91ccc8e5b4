import { expect, it } from 'vitest';
import { holderIn, moreTimeIn, readableMessage, readableName } from '../../../src/core/run-files.ts';

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

it.each([
  ['step 3 of 7', 'step 3 of 7'],
  ['\u001B]0;owned\u0007 two\nlines', ']0;owned two lines'],
  [' \n\u0000', null],
  ['', null],
  ['x'.repeat(5_000), `${'x'.repeat(199)}…`],
  [`${'x'.repeat(198)}😀😀`, `${'x'.repeat(198)}\uFFFD…`],
])('the message %j is shown as %j', (text, shown) => {
  expect(readableMessage(text)).toBe(shown);
});
