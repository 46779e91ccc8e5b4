import type { Notice } from './notice.ts';

/** How a notice stands with the webhook. */
export type Delivery =
  /** To be sent at `dueAt`, epoch milliseconds. */
  | { readonly dueAt: number; readonly attempts: number }
  /** `unwanted`: nobody asked for it when it was to be sent. */
  | {
      readonly dueAt: null;
      readonly attempts: number;
      readonly outcome: 'delivered' | 'given_up' | 'unwanted';
      readonly settledAt: number;
    };

/** A notice that is still to be sent. */
export interface PendingNotice {
  readonly notice: Notice;
  readonly delivery: Extract<Delivery, { readonly dueAt: number }>;
}

/** What came back. */
export type WebhookAnswer =
  /** @property retryAfter the header of that name */
  | { readonly status: number; readonly retryAfter: string | null }
  /** Nothing, and why: a code of the system, or that it took too long. */
  | { readonly status: null; readonly detail: string };

export type DeliveryStep =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'retry'; readonly inMilliseconds: number }
  | { readonly kind: 'give_up' };

/** Whoever sends has it for himself for so long; if he does not say how it went by then, it is sent again. */
export const claimMilliseconds = 30_000;

const firstPauseMilliseconds = 1_000;
const longestPauseMilliseconds = 5 * 60_000;
const longestRetryAfterMilliseconds = 60 * 60_000;

/** Nobody wants to hear of it any more. */
const staleMilliseconds = 24 * 60 * 60_000;

/** @param now epoch milliseconds, as everywhere here */
export function isStale({ at }: Notice, now: number): boolean {
  return now - at > staleMilliseconds;
}

/** A clock that was set back makes nothing wait for longer than any pause there is. */
export function isDue({ dueAt }: PendingNotice['delivery'], now: number): boolean {
  return dueAt <= now || dueAt > now + longestRetryAfterMilliseconds;
}

/**
 * What follows from an answer. Tried again is what may go well the next time (RFC 9110: 408, 425, 429 and 5xx, and no
 * answer); anything else that is not a success will not.
 * @param attempts how often it was sent, this time included
 * @param random from 0 to 1: many who wait for the same endpoint must not come back all at once
 */
export function deliveryStep(answer: WebhookAnswer, attempts: number, now: number, random: number): DeliveryStep {
  const { status } = answer;
  if (isDelivered(answer)) return { kind: 'delivered' };
  if (status !== null && status < 500 && status !== 408 && status !== 425 && status !== 429) return { kind: 'give_up' };
  const asked = status === null ? null : askedPause(answer.retryAfter, now);
  return { kind: 'retry', inMilliseconds: asked ?? pauseAfter(attempts, random) };
}

export function isDelivered({ status }: WebhookAnswer): boolean {
  return status !== null && status >= 200 && status < 300;
}

/** Doubles with each attempt; a random half is taken off. */
export function pauseAfter(attempts: number, random: number): number {
  const pause = Math.min(longestPauseMilliseconds, firstPauseMilliseconds * 2 ** (attempts - 1));
  return Math.round(pause * (1 - random / 2));
}

/** `Retry-After`: seconds or a date. */
function askedPause(retryAfter: string | null, now: number): number | null {
  if (retryAfter === null || retryAfter.trim() === '') return null;
  const milliseconds = /^\d+$/.test(retryAfter.trim()) ? Number(retryAfter) * 1_000 : Date.parse(retryAfter) - now;
  if (Number.isNaN(milliseconds)) return null;
  return Math.min(Math.max(milliseconds, firstPauseMilliseconds), longestRetryAfterMilliseconds);
}
