import { expect, test } from 'vitest';
import type { PermissionRequest } from '../../../src/core/permission-request.ts';
import { plainEnglish } from '../../../src/core/translate.ts';
import { requestWords } from '../../../src/extension/request-words.ts';
import { runId } from '../core/a-process.ts';

const request: PermissionRequest = {
  id: 1,
  runId,
  askedBy: runId,
  force: false,
  why: null,
  askedAt: 0,
  state: 'open',
  answeredAt: null,
  answeredBy: null,
};
const words = (changed: Partial<PermissionRequest>): string =>
  requestWords({ ...request, ...changed }, 'builder', plainEnglish);

test('a person is told who asks for what, and why; no reason becomes a link', () => {
  expect(words({})).toBe(`builder (${runId}) asks to be killed.`);
  expect(words({ why: 'done' })).toBe(`builder (${runId}) asks to be killed. It says: done`);
  expect(words({ why: '[Allow](command:x)' })).toContain('[Allow] (command:x)');
  expect(words({ why: 'x'.repeat(300) }).length).toBeLessThan(300);
});
