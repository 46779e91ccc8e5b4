import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digitsOf, isRunId, runIdFrom } from '../../../src/core/run-id.ts';

const sixBytes = fc.uint8Array({ minLength: 6, maxLength: 6 });

describe('a run id', () => {
  it('is "run_" and twelve hexadecimal digits, with zeros where the bytes are small', () => {
    expect(runIdFrom(Uint8Array.of(0x5f, 0xba, 0xe4, 0x4a, 0xb6, 0xf0))).toBe('run_5fbae44ab6f0');
    expect(runIdFrom(new Uint8Array(6))).toBe('run_000000000000');
  });

  it('is always recognised as one, and differs when the bytes do', () => {
    fc.assert(
      fc.property(sixBytes, sixBytes, (one, other) => {
        expect(isRunId(runIdFrom(one))).toBe(true);
        expect(runIdFrom(one) === runIdFrom(other)).toBe(one.join() === other.join());
      }),
    );
  });

  it('needs six random bytes and takes no more of them', () => {
    expect(() => runIdFrom(new Uint8Array(5))).toThrow(RangeError);
    expect(runIdFrom(new Uint8Array(16))).toBe('run_000000000000');
  });

  it('gives its digits to folders and branches', () => {
    expect(digitsOf(runIdFrom(Uint8Array.of(1, 2, 3, 4, 5, 6)))).toBe('010203040506');
  });

  it.each([
    'run_5fbae44ab6f',
    'run_5fbae44ab6f01',
    'run_5FBAE44AB6F0',
    'xrun_5fbae44ab6f0',
    'run_5fbae44ab6f0\n',
    '../run',
  ])('is not %j', (text) => {
    expect(isRunId(text)).toBe(false);
  });
});
