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
      isWarning: true,
    });
  });

  it('counts what runs, waits and needs a person', () => {
    const pending = aWatchedRun({ status: 'pending' });
    expect(statusBarText([aWatchedRun(), pending])).toEqual({
      text: 'Warden: 1 running · 1 queued',
      isWarning: false,
    });
    expect(statusBarText([aWatchedRun(), aWatchedRun({}, stuck)])).toEqual({
      text: 'Warden: 1 needs you · 2 running',
      isWarning: true,
    });
  });

  it('counts nothing while nothing can be seen, and says since when', () => {
    const since = Date.now();
    const time = new Date(since).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
    const isWarning = true;
    expect(statusBarText([aWatchedRun()], [], { since, detail: 'why' })).toEqual({
      text: `Warden: not seen since ${time}`,
      isWarning,
    });
    expect(statusBarText([], [], { since: null, detail: 'why' })).toEqual({
      text: 'Warden: runs cannot be seen',
      isWarning,
    });
  });
});
