import { describe, expect, it } from 'vitest';
import { healthy } from '../../../src/core/health.ts';
import { needsPerson, tellNow } from '../../../src/extension/attention.ts';
import { aWatchedRun, stuck } from './watched-run.ts';

describe('attention', () => {
  it('is needed by what is stuck and not snoozed', () => {
    expect(needsPerson(aWatchedRun())).toBe(false);
    expect(needsPerson(aWatchedRun({}, stuck))).toBe(true);
    expect(needsPerson(aWatchedRun({}, { ...stuck, snoozed: true }))).toBe(false);
    expect(needsPerson(aWatchedRun({ status: 'killed' }, stuck))).toBe(false);
    expect(needsPerson(aWatchedRun({}, { health: { ...healthy, level: 'warning', isWaiting: true } }))).toBe(true);
  });

  it('is asked for once for a run and state', () => {
    const first = tellNow(new Map(), [aWatchedRun({}, stuck)]);
    expect(first.news).toHaveLength(1);
    const second = tellNow(first.told, [aWatchedRun({}, stuck)]);
    expect(second.news).toHaveLength(0);
    expect(tellNow(second.told, [aWatchedRun({ status: 'terminating' }, stuck)]).news).toHaveLength(1);
  });

  it('is asked for again after a recovery', () => {
    const { told } = tellNow(new Map(), [aWatchedRun({}, stuck)]);
    const recovered = tellNow(told, [aWatchedRun()]);
    expect(tellNow(recovered.told, [aWatchedRun({}, stuck)]).news).toHaveLength(1);
  });
});
