import { expect, it } from 'vitest';
import { exitCodeOf, kindOf } from '../../../src/core/error-kind.ts';
import type { ErrorCode } from '../../../src/core/errors.ts';

it.each<[ErrorCode, number]>([
  ['launch_failed', 1],
  ['invalid_workflows', 1],
  ['survivors', 1],
  ['invalid_argument', 2],
  ['unknown_run', 3],
  ['unknown_workflow', 3],
  ['no_workflows', 3],
  ['run_is_over', 4],
  ['untrusted_workspace', 4],
])('a command that ends with %s exits with %d', (code, exitCode) => {
  expect(exitCodeOf(kindOf(code))).toBe(exitCode);
});
