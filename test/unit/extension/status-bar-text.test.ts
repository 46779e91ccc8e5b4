import { describe, expect, it } from 'vitest';
import { statusBarText } from '../../../src/extension/status-bar-text.ts';
import { aWatchedRun, stuck } from './watched-run.ts';

describe('the status bar', () => {
  it('says nothing when nothing runs', () => {
    expect(statusBarText([])).toBeNull();
    expect(statusBarText([aWatchedRun({ status: 'failed' })])).toBeNull();
  });

  it('is there for what outlives its run, also when nothing runs, but not for a warning', () => {
    const orphans = [{ runId: aWatchedRun().report.run.runId, pid: 4711, name: 'node' }];
    const slow = { code: 'slow_cleanups', level: 'warning', count: 1, slowestMilliseconds: 61_000 } as const;
    expect(statusBarText([], [slow])).toBeNull();
    expect(statusBarText([], [{ code: 'orphans', level: 'critical', orphans }, slow])).toEqual({
      text: 'Warden: 1 alert',
      needy: 0,
      critical: 1,
    });
  });

  it('counts what runs, waits and needs a person', () => {
    const pending = aWatchedRun({ status: 'pending' });
    expect(statusBarText([aWatchedRun(), pending])).toEqual({
      text: 'Warden: 1 running · 1 queued',
      needy: 0,
      critical: 0,
    });
    expect(statusBarText([aWatchedRun(), aWatchedRun({}, stuck)])).toEqual({
      text: 'Warden: 1 needs you · 2 running',
      needy: 1,
      critical: 0,
    });
  });
});
