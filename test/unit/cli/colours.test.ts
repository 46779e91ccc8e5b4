import { expect, test } from 'vitest';
import { isColoured } from '../../../src/cli/colours.ts';

test.each([
  [{}, true],
  [{ TERM: 'xterm' }, true],
  [{ NO_COLOR: '' }, true],
  [{ FORCE_COLOR: '1', TERM: 'dumb', CLICOLOR: '0' }, true],
  [{ CLICOLOR: '1' }, true],
  [{ NO_COLOR: '1' }, false],
  [{ NO_COLOR: '0' }, false],
  [{ NO_COLOR: '1', FORCE_COLOR: '1' }, false],
  [{ FORCE_COLOR: '0' }, false],
  [{ FORCE_COLOR: 'false' }, false],
  [{ CLICOLOR: '0' }, false],
  [{ TERM: 'dumb' }, false],
])('with %j text on a terminal is painted: %s', (environment, expected) => {
  expect(isColoured(environment, true)).toBe(expected);
  expect(isColoured(environment, false)).toBe(false);
});
