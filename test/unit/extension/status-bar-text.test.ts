import { describe, expect, it } from 'vitest';
import { statusBarText } from '../../../src/extension/status-bar-text.ts';
import { aWatchedRun, stuck } from './watched-run.ts';

describe('the status bar', () => {
  it('says nothing when nothing runs', () => {
    expect(statusBarText([])).toBeNull();
    expect(statusBarText([aWatchedRun({ status: 'failed' })])).toBeNull();
  });

  it('counts what runs, waits and needs a person', () => {
    const pending = aWatchedRun({ status: 'pending' });
    expect(statusBarText([aWatchedRun(), pending])).toEqual({ text: 'Warden: 1 running · 1 queued', needy: 0 });
    expect(statusBarText([aWatchedRun(), aWatchedRun({}, stuck)])).toEqual({
      text: 'Warden: 1 needs you · 2 running',
      needy: 1,
    });
  });
});
