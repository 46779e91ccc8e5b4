import { wholeCharacters } from '../whole-characters.ts';

const longest = 4;

/**
 * A part of a text in UTF-8, without what is left at either end of characters that were cut in two.
 * @returns `skipped` and `length` in bytes
 */
export function wholeCharactersIn(bytes: Uint8Array): {
  readonly skipped: number;
  readonly length: number;
  readonly text: string;
} {
  const first = bytes.subarray(0, longest).findIndex((byte) => (byte & 0b1100_0000) !== 0b1000_0000);
  // Where none begins it is not the rest of a character, but no UTF-8 at all.
  const rest = bytes.subarray(Math.max(0, first));
  const whole = rest.subarray(0, wholeCharacters(rest));
  return { skipped: bytes.length - rest.length, length: whole.length, text: new TextDecoder().decode(whole) };
}
