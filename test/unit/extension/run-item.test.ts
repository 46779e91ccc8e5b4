import { describe, expect, it } from 'vitest';
import type { KillReport } from '../../../src/core/kill-report.ts';
import { runStatuses } from '../../../src/core/run-status.ts';
import type { Run } from '../../../src/core/run.ts';
import type { StopProgress } from '../../../src/core/stop-progress.ts';
import type { WatchedRun } from '../../../src/extension/attention.ts';
import { runItem } from '../../../src/extension/run-item.ts';
import { inOrder, sectionOf } from '../../../src/extension/run-order.ts';
import { sectionItem } from '../../../src/extension/section-item.ts';
import { aStop, killedAt } from '../core/a-run.ts';
import { aWatchedRun, ill, nearTimeLimit, question, quiet, stuck } from './watched-run.ts';

const graceful: StopProgress & { kind: 'stage' } = {
  kind: 'stage',
  stage: 'graceful',
  milliseconds: 3_400,
  limitMilliseconds: 5_000,
  sections: [],
};

/** A tree as text: `[icon] label | description`. */
function rendered(runs: readonly WatchedRun[]): string[] {
  return runs
    .map((watched) => runItem({ ...watched, now: killedAt + 11 * 60_000, repositoryName: null }))
    .map(({ icon, label, description }) => `[${icon.id}] ${label} | ${description}`);
}

describe('the tree of runs', () => {
  it('shows what needs a person first, then what runs, waits and is over', () => {
    const runs = [
      aWatchedRun({ workflowName: 'over', status: 'completed', endedAt: killedAt }, { lastLine: 'done' }),
      aWatchedRun({ workflowName: 'broken', status: 'failed', endedAt: killedAt - 1, reason: { code: 'lost' } }),
      aWatchedRun(
        { workflowName: 'next', status: 'pending', startedAt: null },
        { queueWait: { place: 2, awaits: [] } },
      ),
      aWatchedRun({ workflowName: 'ending', status: 'terminating', stop: aStop() }, { stopping: graceful }),
      aWatchedRun({ workflowName: 'busy', createdAt: killedAt }, { lastLine: 'step 3' }),
      aWatchedRun({ workflowName: 'quiet' }, { ...stuck, snoozed: true }),
      aWatchedRun({ workflowName: 'stuck' }, stuck),
    ];
    expect(rendered(inOrder(runs))).toEqual([
      '[bell-dot] stuck · 12 min | no output for 6 min and no CPU used; limit 5 min',
      '[play-circle] busy · 12 min | step 3',
      '[stop-circle] ending · 12 min | stopping: asked to end, 3 s of 5 s',
      '[bell-slash] quiet · 12 min | snoozed: no output for 6 min and no CPU used; limit 5 min',
      '[clock] next · 12 min | waiting for another run to end, place 2 in the queue',
      '[pass] over · 11 min | done',
      '[error] broken · 11 min | it vanished: no process is left and no exit code was recorded',
    ]);
  });

  it('tells states apart by shape, not only by colour', () => {
    const items = runStatuses.map((status) =>
      runItem({ ...aWatchedRun({ status }), now: killedAt, repositoryName: null }),
    );
    expect(new Set(items.map(({ icon }) => icon.id)).size).toBe(runStatuses.length);
  });

  it('tells a run that waits for an answer from one that is stuck, suspicious or snoozed', () => {
    const shown = (...watched: Parameters<typeof aWatchedRun>): string => {
      const item = runItem({ ...aWatchedRun(...watched), now: killedAt, repositoryName: null });
      return `[${item.icon.id}] ${item.accessibleLabel}`;
    };
    expect([
      shown({}, stuck),
      shown({}, ill(question)),
      shown({}, ill({ ...quiet, minutes: 4.2, level: 'warning' })),
      shown({}, { ...ill(question), snoozed: true }),
      shown(
        { status: 'pending', queue: { waits: true, turns: 0, after: [], include: [] } },
        { queueWait: { place: 1, awaits: [] } },
      ),
      shown({ status: 'pending' }),
    ]).toEqual([
      '[bell-dot] builder, running, needs you, for 1 min, no output for 6 min and no CPU used; limit 5 min',
      '[question] builder, running, waits for you, for 1 min, waiting for a person for 1 min: Overwrite? [y/N]',
      '[warning] builder, running, suspicious, for 1 min, no output for 4 min and no CPU used; limit 5 min',
      '[bell-slash] builder, running, snoozed, for 1 min, snoozed: waiting for a person for 1 min: Overwrite? [y/N]',
      '[clock] builder, queued, for 1 min, waiting for another run to end, place 1 in the queue',
      '[clock] builder, starting, for 1 min, starting…',
    ]);
  });

  it('gives each reason with how grave it is, and what the run itself said last, in its tooltip', () => {
    const heartbeat = { at: killedAt - 130_000, message: 'compiled 3 of 9' };
    const item = runItem({
      ...aWatchedRun({}, { ...ill(quiet, nearTimeLimit), heartbeat }),
      now: killedAt,
      repositoryName: null,
    });
    expect(item.tooltip).toContain(
      [
        '**builder** · running, needs you',
        '',
        String.raw`- **critical:** no output for 6 min and no CPU used; limit 5 min`,
        String.raw`- **warning:** running for 48 min; limit 1 h`,
      ].join('\n'),
    );
    expect(item.tooltip).toContain('| Heartbeat | 2 min ago: compiled 3 of 9 |');
    expect(item.tooltip).toContain('| Time limit | 1 h |');
  });

  it('has sections, each with how many runs there are in it', () => {
    const runs = [
      aWatchedRun({}, stuck),
      aWatchedRun({ status: 'terminating', stop: aStop() }, stuck),
      aWatchedRun({ status: 'pending' }),
      aWatchedRun({ status: 'killed', endedAt: killedAt }, stuck),
    ];
    expect(runs.map(sectionOf)).toEqual(['needsYou', 'running', 'queued', 'recent']);
    expect(sectionItem('needsYou', 1).accessibleLabel).toBe('Needs You, one run');
    expect(sectionItem('recent', 3)).toMatchObject({ label: 'Recent', description: '3' });
  });

  it('says in words what the icon shows', () => {
    const item = runItem({ ...aWatchedRun({}, stuck), now: killedAt, repositoryName: 'shop' });
    expect(item.accessibleLabel).toBe(
      'builder, running, needs you, for 1 min, shop, no output for 6 min and no CPU used; limit 5 min',
    );
  });

  it('says how far a stop is, what it waits for, and who survived', () => {
    const said = (run: Partial<Run>, stopping: StopProgress): string =>
      runItem({ ...aWatchedRun({ stop: aStop(), ...run }, { stopping }), now: killedAt, repositoryName: null })
        .accessibleLabel;
    expect(said({ status: 'terminating' }, graceful)).toBe(
      'builder, stopping, for 1 min, stopping: asked to end, 3 s of 5 s',
    );
    const sections = [{ kind: 'git', operation: 'commit', pid: 7 }] as const;
    expect(
      said(
        { status: 'terminating' },
        { kind: 'stage', stage: 'wait', milliseconds: 12_400, limitMilliseconds: 30_000, sections },
      ),
    ).toContain('stopping: waiting for git commit (pid 7), 12 s of 30 s');
    const killReport = { survivors: [{ pid: 7, name: 'sleep', reason: 'EPERM' }] } as unknown as KillReport;
    expect(said({ status: 'terminating', killReport }, { kind: 'survivors', count: 1 })).toContain(
      'survivors: pid 7 (sleep): not permitted',
    );
    expect(said({ status: 'running', stop: aStop({ kind: 'settle' }) }, graceful)).toContain(
      'ending what it left behind: asked to end, 3 s of 5 s',
    );
    expect(said({ status: 'pending' }, { ...graceful, stage: 'wait' })).toBe('builder, starting, for 1 min, stopping…');
  });

  it('offers what can be done with a run', () => {
    const wordsOf = (watched: WatchedRun): string =>
      runItem({ ...watched, now: killedAt, repositoryName: null }).contextValue;
    expect(wordsOf(aWatchedRun())).toBe(
      'run running killable forceKillable restartable restorable completable logged worktree snoozable extendable',
    );
    expect(wordsOf(aWatchedRun({ status: 'pending', startedAt: null, worktree: null }))).toBe('run pending killable');
    const stop = aStop();
    expect(wordsOf(aWatchedRun({ status: 'terminating', stop }, { stopping: graceful }))).toBe(
      'run terminating forceKillable hurriable logged worktree snoozable',
    );
    const stopping = { ...graceful, stage: 'system', limitMilliseconds: null } as const;
    expect(wordsOf(aWatchedRun({ status: 'terminating', stop }, { stopping }))).toBe(
      'run terminating logged worktree snoozable',
    );
    expect(wordsOf(aWatchedRun({ status: 'failed' }))).toBe('run failed restartable restorable logged worktree');
    const retry = { attempt: 1, of: 2, nextAt: killedAt, stopped: null };
    expect(wordsOf(aWatchedRun({ status: 'failed' }, { retry }))).toBe(
      'run failed killable restartable restorable logged worktree',
    );
  });

  it('shows what a run prints as plain text', () => {
    const lastLine = '[click](command:evil) <b> | `code`';
    const item = runItem({ ...aWatchedRun({}, { lastLine }), now: killedAt, repositoryName: null });
    expect(item.tooltip).toContain(String.raw`\[click\]\(command:evil\) \<b\> \| \`code\``);
  });
});
