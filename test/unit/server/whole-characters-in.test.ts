import { describe, expect, test } from 'vitest';
import { wholeCharactersIn } from '../../../src/server/mcp/whole-characters-in.ts';

const written = 'aä€😀z😀€äa';
const bytes = new TextEncoder().encode(written);

/** The rest of one character, and all but the last byte of another. */
const leastBytes = 7;

describe('a part of a text', () => {
  test('has no halves of characters, wherever it begins and ends, and parts go on where others end', () => {
    for (let start = 0; start < bytes.length; start += 1) {
      for (let end = start + leastBytes; end <= bytes.length; end += 1) {
        const { skipped, length, text } = wholeCharactersIn(bytes.subarray(start, end));
        expect(written).toContain(text);
        expect(text).not.toContain('\uFFFD');
        expect([...new TextEncoder().encode(text)]).toEqual([
          ...bytes.subarray(start + skipped, start + skipped + length),
        ]);
      }
    }
  });

  test('that is no UTF-8 is not skipped', () => {
    expect(wholeCharactersIn(new Uint8Array([0x80, 0x80, 0x80, 0x80, 0x80]))).toMatchObject({ skipped: 0, length: 5 });
    expect(wholeCharactersIn(new Uint8Array())).toEqual({ skipped: 0, length: 0, text: '' });
  });
});
