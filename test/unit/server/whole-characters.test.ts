import { expect, test } from 'vitest';
import { wholeCharacters } from '../../../src/server/whole-characters.ts';

test.for([
  ['', 0, 0],
  ['abc', 3, 3],
  ['aü', 2, 1],
  ['aü', 3, 3],
  ['€', 3, 3],
  ['a€', 2, 1],
  ['a€', 3, 1],
  ['a😀', 4, 1],
  ['a😀', 5, 5],
  // It is no more than this, so nothing would ever come.
  ['😀', 2, 2],
] as const)('%j cut after %i bytes has %i in whole characters', ([text, cut, whole]) => {
  expect(wholeCharacters(new TextEncoder().encode(text).subarray(0, cut))).toBe(whole);
});

test('bytes that are no text are told as they are', () => {
  expect(wholeCharacters(Uint8Array.of(1, 0x80, 0x80, 0x80, 0x80))).toBe(5);
  expect(wholeCharacters(Uint8Array.of(0xff))).toBe(1);
});
