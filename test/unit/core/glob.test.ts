import { describe, expect, test } from 'vitest';
import { matchesGlob } from '../../../src/core/glob.ts';

describe('a pattern', () => {
  test.each([
    ['builder', 'builder', true],
    ['builder', 'builders', false],
    ['build', 'builder', false],
    ['Builder', 'builder', false],
    ['build*', 'builder', true],
    ['*er', 'builder', true],
    ['*il*', 'builder', true],
    ['b*d*r', 'builder', true],
    ['b*x*r', 'builder', false],
    ['b?ilder', 'builder', true],
    ['?', '', false],
    ['', '', true],
    ['*', '', true],
    ['**', 'anything', true],
    ['*login*', 'Fix the\nlogin page\n', true],
    ['a.c', 'abc', false],
    ['[ab]*', '[ab] of this', true],
    ['[ab]*', 'a', false],
    ['*aab', 'aaaaab', true],
  ])('%j for %j: %j', (pattern, text, expected) => {
    expect(matchesGlob(pattern, text)).toBe(expected);
  });

  // One that tried every way in which it fits would not come to its end.
  test('that fits almost everywhere takes no longer than the product of both lengths', () => {
    expect(matchesGlob(`${'*a'.repeat(50)}*b`, 'a'.repeat(100_000))).toBe(false);
  });
});
