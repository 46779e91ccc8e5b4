import { describe, expect, test } from 'vitest';
import { type Lease, leaseMilliseconds, mayHoldLease, watcherSeen } from '../../../src/core/lease.ts';
import { anIdentity } from './a-process.ts';

const window = (pid: number, heartbeat = 0): Lease => ({ holder: anIdentity(pid), face: 'vscode', heartbeat });
const command = (pid: number, heartbeat = 0): Lease => ({ holder: anIdentity(pid), face: 'watch', heartbeat });

describe('the lease may be held', () => {
  test('by the first who comes, and by its holder again', () => {
    expect(mayHoldLease(window(2), null, 0, null)).toBe(true);
    expect(mayHoldLease(window(2), window(2), 5_000, null)).toBe(true);
  });

  test('by another once the heartbeat has stopped, or was never possible', () => {
    expect(mayHoldLease(window(2), window(3), leaseMilliseconds, null)).toBe(false);
    expect(mayHoldLease(window(2), window(3), leaseMilliseconds + 1, null)).toBe(true);
    expect(mayHoldLease(window(2), window(3, 60_000), 0, null)).toBe(true);
  });

  test('by another at once when the holder is known to be gone, but not a process with the same number', () => {
    expect(mayHoldLease(command(2), window(3), 0, anIdentity(3))).toBe(true);
    expect(mayHoldLease(command(2), window(3), 0, { ...anIdentity(3), startTime: 'another' })).toBe(false);
  });

  test('by a window in the place of a command, and not the other way round', () => {
    expect(mayHoldLease(window(2), command(3), 0, null)).toBe(true);
    expect(mayHoldLease(command(2), window(3), 0, null)).toBe(false);
    expect(mayHoldLease(command(2), command(3), 0, null)).toBe(false);
  });
});

describe('who watches', () => {
  test('is known of others only once they were seen to renew the lease', () => {
    const self = anIdentity(2);
    expect(watcherSeen(self, null, null)).toBe(null);
    expect(watcherSeen(self, null, command(2))).toBe('this');
    expect(watcherSeen(self, null, window(3, 1))).toBe(null);
    expect(watcherSeen(self, window(3, 1), window(3, 1))).toBe(null);
    expect(watcherSeen(self, window(4, 1), window(3, 2))).toBe(null);
    expect(watcherSeen(self, window(3, 1), window(3, 2))).toBe('window');
    expect(watcherSeen(self, command(3, 1), command(3, 2))).toBe('command');
  });
});
