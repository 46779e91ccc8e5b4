import type { Translate } from './translate.ts';

/** `1.25 s`, `1 min 30 s`, `12 min`, `2 h 5 min`, `3 d 4 h`: as fine as a reader needs it at that length. */
export function describeDuration(milliseconds: number, translate: Translate): string {
  const seconds = threeDigits(Math.max(0, milliseconds) / 1000);
  if (seconds < 60) return translate('{0} s', seconds);
  const wholeSeconds = Math.round(milliseconds / 1000);
  const minutes = Math.floor(wholeSeconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (minutes < 10 && wholeSeconds % 60 > 0) return translate('{0} min {1} s', minutes, wholeSeconds % 60);
  if (hours < 1) return translate('{0} min', minutes);
  if (days < 1) return minutes % 60 > 0 ? translate('{0} h {1} min', hours, minutes % 60) : translate('{0} h', hours);
  return hours % 24 > 0 ? translate('{0} d {1} h', days, hours % 24) : translate('{0} d', days);
}

const byteUnits = ['{0} B', '{0} kB', '{0} MB', '{0} GB', '{0} TB'] as const;

/** `512 B`, `1.5 kB`, `23.4 MB`, in steps of 1000. */
export function describeBytes(bytes: number, translate: Translate): string {
  let value = bytes;
  let unit = 0;
  while (threeDigits(value) >= 1000 && unit < byteUnits.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return translate(byteUnits[unit] ?? '{0} B', threeDigits(value));
}

/** Hundredths, without zeros at the end. */
export function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}

/** Three significant digits, without zeros at the end. */
function threeDigits(value: number): number {
  return Number(value.toPrecision(3));
}
