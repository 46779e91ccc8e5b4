import { describe, expect, test } from 'vitest';
import { isFileLookDue } from '../../../src/core/file-look.ts';
import { anObservation, minute, now } from './an-observation.ts';

/** Looked at each 5 s for so long after its last sign of life, with a limit of 5 minutes. @returns seconds */
function looksAtFiles(minutes: number, some: Parameters<typeof anObservation>[0] = {}): number[] {
  const workflow = { stuckAfterMinutes: 5, initializationTimeoutMinutes: 10 };
  const due: number[] = [];
  for (let time = now; time < now + minutes * minute; time += 5_000) {
    const before = anObservation({ observedMonotonic: time, ...some });
    if (isFileLookDue({ before, monotonic: time + 5_000, startedMonotonic: now, workflow }))
      due.push((time + 5_000 - now) / 1_000);
  }
  return due;
}

describe('files are looked at', () => {
  test('from half of the limit on, once in each tenth, and right when the run is suspicious and stuck', () => {
    expect(looksAtFiles(6)).toEqual([150, 180, 210, 240, 270, 300, 330, 360]);
  });

  test('in the same way of one that works without a word, as long as it has given no first sign of life', () => {
    const cpuChangedMonotonic = now + 20 * minute;
    expect(looksAtFiles(10, { cpuChangedMonotonic, outputBytes: 0 })).toEqual([300, 360, 420, 480, 540, 600]);
    expect(looksAtFiles(10, { cpuChangedMonotonic })).toEqual([]);
  });

  test('only when the last change that was found lies so far back too', () => {
    expect(looksAtFiles(5, { filesChangedMonotonic: now + 2 * minute })).toEqual([270, 300]);
  });
});
