import type { Translate } from '../core/translate.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** `<1 min`, `12 min`, `3 h`, `2 d`: coarse, so that a list does not change all the time. */
export function shortAge(milliseconds: number, translate: Translate): string {
  if (milliseconds < minute) return translate('<1 min');
  if (milliseconds < hour) return translate('{0} min', Math.floor(milliseconds / minute));
  if (milliseconds < day) return translate('{0} h', Math.floor(milliseconds / hour));
  return translate('{0} d', Math.floor(milliseconds / day));
}
