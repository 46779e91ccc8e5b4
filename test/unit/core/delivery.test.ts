import { describe, expect, it, test } from 'vitest';
import { deliveryStep, isDue, isStale, pauseAfter, type WebhookAnswer } from '../../../src/core/delivery.ts';
import { aNotice } from './a-notice.ts';

const now = Date.UTC(2025, 5, 16);
const hour = 60 * 60_000;

const answered = (status: number, retryAfter: string | null = null): WebhookAnswer => ({ status, retryAfter });
const silence: WebhookAnswer = { status: null, detail: 'ECONNREFUSED' };

describe('what follows from an answer', () => {
  it.each([200, 201, 204])('%d: it arrived', (status) => {
    expect(deliveryStep(answered(status), 1, now, 0)).toEqual({ kind: 'delivered' });
  });

  it.each([408, 425, 429, 500, 502, 503, 504])('%d: it is tried again', (status) => {
    expect(deliveryStep(answered(status), 1, now, 0)).toEqual({ kind: 'retry', inMilliseconds: 1_000 });
  });

  test('no answer: it is tried again', () => {
    expect(deliveryStep(silence, 1, now, 0)).toEqual({ kind: 'retry', inMilliseconds: 1_000 });
  });

  it.each([301, 302, 307, 400, 401, 403, 404, 410])('%d: that will not change', (status) => {
    expect(deliveryStep(answered(status), 1, now, 0)).toEqual({ kind: 'give_up' });
  });

  it.each([
    ['30', 30_000],
    [new Date(now + 90_000).toUTCString(), 90_000],
    [new Date(now - 90_000).toUTCString(), 1_000],
    ['0', 1_000],
    ['999999999', hour],
    ['soon', 1_000],
    ['', 1_000],
  ])('one that asks to wait (%s) is given what it asks for, within reason', (retryAfter, inMilliseconds) => {
    expect(deliveryStep(answered(429, retryAfter), 1, now, 0)).toEqual({ kind: 'retry', inMilliseconds });
  });
});

test('the pauses double up to five minutes, and a part of up to a half is taken off by chance', () => {
  const pauses = [1, 2, 3, 8, 9, 10, 5_000].map((attempts) => pauseAfter(attempts, 0));
  expect(pauses).toEqual([1_000, 2_000, 4_000, 128_000, 256_000, 300_000, 300_000]);
  expect(pauseAfter(3, 1)).toBe(2_000);
});

test('a notice is due from its time on, and when a clock that was set back would make it wait for long', () => {
  const due = (dueAt: number): boolean => isDue({ dueAt, attempts: 1 }, now);
  expect([now - 1, now, now + 1, now + hour, now + hour + 1].map(due)).toEqual([true, true, false, false, true]);
});

test('a notice of yesterday is not sent any more', () => {
  expect(isStale(aNotice({ at: now - 24 * hour }), now)).toBe(false);
  expect(isStale(aNotice({ at: now - 24 * hour - 1 }), now)).toBe(true);
});
