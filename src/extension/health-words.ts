import type { HealthReason } from '../core/health.ts';
import { describeHealthReason, type Translate } from '../core/messages.ts';

/** A reason in words, in whole seconds or, from a minute on, minutes, so that what shows it does not change all the time. */
export function healthWords(reason: HealthReason, translate: Translate): string {
  if (!('minutes' in reason)) return describeHealthReason(reason, translate);
  const { minutes } = reason;
  const coarse = minutes < 1 ? Math.floor(minutes * 60) / 60 : Math.floor(minutes);
  return describeHealthReason({ ...reason, minutes: coarse }, translate);
}
