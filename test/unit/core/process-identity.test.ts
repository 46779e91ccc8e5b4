import { describe, expect, it } from 'vitest';
import { isSameProcess, isSignallablePid, keyOf, selfAndAncestors } from '../../../src/core/process-identity.ts';
import { anIdentity, aProcess, aSnapshot } from './a-process.ts';

describe('the identity of a process', () => {
  const process = anIdentity(100);
  const sameNumber = [
    { ...process, startTime: 'later' },
    { ...process, bootId: 'another-boot' },
  ];

  it('is its boot, number and start time together: a reused number is somebody else', () => {
    expect(isSameProcess(process, { ...process })).toBe(true);
    for (const other of sameNumber) expect(isSameProcess(process, other)).toBe(false);
  });

  it('has a key that tells apart what is not the same', () => {
    expect(new Set([process, ...sameNumber, anIdentity(10)].map(keyOf)).size).toBe(4);
  });
});

describe('a number that may be signalled', () => {
  it('names exactly one process, and not init', () => {
    expect([2, 4194304].every(isSignallablePid)).toBe(true);
  });

  it.each([0, 1, -1, -4242, 1.5, Number.NaN, Number.POSITIVE_INFINITY, Number(null), Number('')])(
    'is not %d',
    (pid) => {
      expect(isSignallablePid(pid)).toBe(false);
    },
  );
});

describe('ourselves and our ancestors', () => {
  it('are everyone up to the first process', () => {
    const snapshot = aSnapshot(
      aProcess({ pid: 1, parentPid: 0 }),
      aProcess({ pid: 10 }),
      aProcess({ pid: 20, parentPid: 10 }),
      aProcess({ pid: 21, parentPid: 10 }),
      aProcess({ pid: 30, parentPid: 20 }),
    );
    expect([...selfAndAncestors(snapshot, 20)]).toEqual([20, 10, 1]);
  });

  it('are found even where a look shows parents in a circle, or no parent at all', () => {
    const circle = aSnapshot(aProcess({ pid: 10, parentPid: 20 }), aProcess({ pid: 20, parentPid: 10 }));
    expect([...selfAndAncestors(circle, 20)]).toEqual([20, 10]);
    expect([...selfAndAncestors(aSnapshot(), 20)]).toEqual([20]);
  });
});
