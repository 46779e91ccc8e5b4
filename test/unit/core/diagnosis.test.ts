import { describe, expect, it } from 'vitest';
import { areaOf, describeFinding, findingAreas } from '../../../src/core/diagnosis-words.ts';
import {
  backupFindings,
  type DatabaseFacts,
  databaseFindings,
  diskFindings,
  type Finding,
  findingKey,
  findingsOf,
  isHealthy,
  type KnownRun,
  leaseFindings,
  machineFindings,
  processFindings,
  reportAfter,
  type RepositoryFacts,
  repositoryFindings,
  runFindings,
  runOfBranch,
  stateFindings,
} from '../../../src/core/diagnosis.ts';
import { unknown } from '../../../src/core/impact.ts';
import { plainEnglish } from '../../../src/core/messages.ts';
import type { RunId } from '../../../src/core/run-id.ts';
import { anIdentity, runId } from './a-process.ts';
import { aRun } from './a-run.ts';

const now = 1_000_000_000;
const over: KnownRun = { status: 'failed', endedAt: now - 60_000 };
const running: KnownRun = { status: 'running', endedAt: null };
const codes = (findings: readonly Finding[]): string[] =>
  findings.map(({ code, isRepairable }) => (isRepairable ? `${code}, repairable` : code));

const nothing: RepositoryFacts = {
  repository: '/r',
  unregistered: [],
  inTrash: [],
  missing: [],
  unfinished: [],
  foreignUnfinished: [],
  foreign: 0,
  locks: [],
  damaged: [],
  refs: [],
  rows: new Map(),
  branches: [],
};

const inRepository = (facts: Partial<RepositoryFacts>, run: KnownRun): string[] =>
  codes(repositoryFindings({ ...nothing, ...facts }, new Map<RunId, KnownRun>([[runId, run]])));

describe('a run that is not over', () => {
  it.each([
    ['running with processes', { status: 'running' }, true, null, []],
    ['running without', { status: 'running' }, false, null, ['lost_run, repairable']],
    ['being started', { status: 'pending', launcher: anIdentity(7) }, false, true, []],
    [
      'being started by nobody',
      { status: 'pending', launcher: anIdentity(7) },
      false,
      false,
      ['interrupted_launch, repairable'],
    ],
    ['in its queue', { status: 'pending', queue: { waits: true, turns: 0, after: [], include: [] } }, false, null, []],
  ] as const)('%s', (_, patch, hasProcesses, isLauncherAlive, expected) => {
    const run = { ...aRun(), stop: null, queue: null, ...patch };
    expect(codes(runFindings([{ run, hasProcesses, isLauncherAlive }]))).toEqual(expected);
  });
});

describe('a process with the cookie of a run', () => {
  it.each([
    ['that is over', over, true, ['orphan_process, repairable']],
    ['that goes on', running, true, []],
    ['that nobody knows, with its folder here', null, true, ['unknown_process']],
    ['that nobody knows', null, false, ['unknown_process']],
  ] as const)('%s', (_, run, isOurs, expected) => {
    expect(codes(processFindings([{ runId, pid: 7, name: 'sh', run, isOurs }], now))).toEqual(expected);
  });
});

describe('in a repository', () => {
  const worktree = { path: '/r.worktrees/a', runId };
  const lock = { path: '/r/.git/index.lock', worktree: '/w', runId };
  const half = { path: '/w', branch: 'b', runId, made: 'launch', isMakerGone: false } as const;
  const checkpoint = { ref: 'refs/1', number: 1, commit: 'c', why: null, at: 0, files: null, operation: null };
  const ref = { ref: 'refs/1', runId, commit: 'c', problem: null };
  const cases: readonly (readonly [string, Partial<RepositoryFacts>, KnownRun, readonly string[]])[] = [
    ['nothing is nothing', {}, over, []],
    ['a folder that is gone', { missing: [{ worktree, reasons: [] }] }, over, ['missing_worktree, repairable']],
    [
      'a folder that is gone, of what has to stay',
      { missing: [{ worktree, reasons: [{ code: 'persistent' }] }] },
      over,
      ['missing_worktree'],
    ],
    ['a launch that goes on', { unfinished: [half] }, { ...running, status: 'pending' }, []],
    ['a launch that is over', { unfinished: [half] }, over, ['unfinished_worktree, repairable']],
    ['a launch that nobody knows', { unfinished: [half] }, null, ['unfinished_worktree']],
    ['a restore that goes on', { unfinished: [{ ...half, made: 'restore' }] }, over, []],
    [
      'a restore whose maker is gone',
      { unfinished: [{ ...half, made: 'restore', isMakerGone: true }] },
      over,
      ['unfinished_worktree, repairable'],
    ],
    ['a lock of a run that is over', { locks: [lock] }, over, ['stale_lock, repairable']],
    ['a lock of one that goes on', { locks: [lock] }, running, ['stale_lock']],
    ['a lock of one that nobody knows', { locks: [lock] }, null, ['stale_lock']],
    ['a damaged index', { damaged: [{ path: '/w', runId, detail: 'bad' }] }, over, ['damaged_worktree']],
    ['a checkpoint and its row', { refs: [ref], rows: new Map([[runId, [checkpoint]]]) }, over, []],
    ['a row alone', { rows: new Map([[runId, [checkpoint]]]) }, over, ['lost_checkpoint, repairable']],
    ['a checkpoint alone', { refs: [ref], rows: new Map([[runId, []]]) }, over, ['unrecorded_checkpoint, repairable']],
    ['a checkpoint of nobody', { refs: [ref] }, null, ['checkpoints_of_unknown_run']],
    [
      'a checkpoint that is not whole',
      { refs: [{ ...ref, problem: 'gone' }], rows: new Map([[runId, [checkpoint]]]) },
      over,
      ['damaged_checkpoint'],
    ],
    ['a branch of a known run', { branches: [{ branch: 'warden/a/1', runId }] }, over, []],
    ['a branch of nobody', { branches: [{ branch: 'warden/a/1', runId }] }, null, ['branch_of_unknown_run']],
    [
      'worktrees of others',
      { foreign: 2, foreignUnfinished: ['/x'] },
      over,
      ['foreign_unfinished_worktree', 'foreign_worktrees'],
    ],
    ['a folder that git does not know', { unregistered: ['/r.worktrees/x'] }, over, ['unregistered_folder']],
    ['what is in the trash', { inTrash: ['/r.worktrees/.trash/x'] }, over, ['undeleted_worktree, repairable']],
  ];
  it.each(cases)('%s', (_, facts, run, expected) => {
    expect(inRepository(facts, run)).toEqual(expected);
  });

  it('the run of a branch is known by its name', () => {
    expect(runOfBranch('warden/my/flow/abcdef010203')).toBe('run_abcdef010203');
    expect(runOfBranch('warden/flow/abcdef010203-restored-2')).toBe('run_abcdef010203');
    expect(runOfBranch('warden/flow/notes')).toBeNull();
    expect(runOfBranch('other/abcdef010203')).toBeNull();
  });
});

describe('the watch', () => {
  const lease = (age: number) => ({ holder: anIdentity(7), face: 'vscode', heartbeat: now - age }) as const;
  it.each([
    ['held by nobody', null, false, 1, []],
    ['held', lease(1_000), true, 1, []],
    ['held by one who hangs', lease(60_000), true, 1, ['abandoned_lease']],
    ['held by one who is gone', lease(1_000), false, 1, ['abandoned_lease, repairable']],
  ] as const)('%s', (_, held, isAlive, activeRuns, expected) => {
    expect(codes(leaseFindings({ lease: held, isAlive, activeRuns }, now))).toEqual(expected);
  });

  it('matters less where nothing runs', () => {
    expect(leaseFindings({ lease: lease(0), isAlive: false, activeRuns: 0 }, now)).toMatchObject([
      { severity: 'info' },
    ]);
    expect(leaseFindings({ lease: lease(0), isAlive: false, activeRuns: 2 }, now)).toMatchObject([
      { severity: 'warning' },
    ]);
  });
});

describe('the machine and the state folder', () => {
  it('tells which guarantee is weaker', () => {
    expect(codes(machineFindings({ git: '2.39.5', containment: null }))).toEqual([]);
    expect(codes(machineFindings({ git: '3.0.1', containment: { subreaper: true, controlGroup: true } }))).toEqual([]);
    expect(codes(machineFindings({ git: '2.9.0', containment: { subreaper: false, controlGroup: false } }))).toEqual([
      'old_git',
      'no_subreaper',
      'no_control_group',
    ]);
  });

  it('tells of what is full, large, kept, open or left', () => {
    expect(
      codes(
        diskFindings([
          { path: '/', freeBytes: 1e6 },
          { path: '/x', freeBytes: 1e12 },
        ]),
      ),
    ).toEqual(['low_disk']);
    const whole = { path: '/d', problem: null, logBytes: 4e6, keptChanges: 0, firstEntryAt: 0, backups: [] };
    expect(codes(databaseFindings(whole))).toEqual([]);
    expect(codes(databaseFindings({ ...whole, problem: 'bad', logBytes: 1e9, keptChanges: 2 }))).toEqual([
      'damaged_database, repairable',
      'large_log',
      'kept_changes',
    ]);
    const state = { foldersWithoutRun: [runId], runsWithoutFolder: [runId], temporaryFiles: [runId] };
    expect(codes(stateFindings({ ...state, openPermissions: [{ path: '/s', mode: 0o755 }] }))).toEqual([
      'folder_without_run',
      'run_without_folder',
      'temporary_files, repairable',
      'open_permissions, repairable',
    ]);
  });

  it('tells of backups that are damaged, and of one that is old or missing while somebody watches', () => {
    const day = 24 * 3_600_000;
    const backup = (at: number, problem: string | null = null) => ({ file: `/b${at}`, at, problem });
    const found = (facts: Pick<DatabaseFacts, 'firstEntryAt' | 'backups'>, isWatched = true): readonly string[] =>
      codes(backupFindings({ path: '/d', ...facts }, isWatched, 10 * day));
    expect(found({ firstEntryAt: null, backups: [] })).toEqual([]);
    expect(found({ firstEntryAt: 7 * day, backups: [] })).toEqual([]);
    expect(found({ firstEntryAt: 7 * day - 1, backups: [] })).toEqual(['old_backup']);
    expect(found({ firstEntryAt: 7 * day - 1, backups: [] }, false)).toEqual([]);
    expect(found({ firstEntryAt: 0, backups: [backup(7 * day)] })).toEqual([]);
    expect(found({ firstEntryAt: 0, backups: [backup(7 * day - 1, 'cut off'), backup(day)] })).toEqual([
      'old_backup',
      'damaged_backup',
    ]);
  });

  it('tells what could not be looked at', () => {
    expect(findingsOf('database', unknown('locked'), () => [])).toMatchObject([
      { code: 'not_known', detail: 'locked' },
    ]);
  });
});

describe('a report', () => {
  const [one, two] = stateFindings({
    foldersWithoutRun: [],
    runsWithoutFolder: [],
    temporaryFiles: [runId],
    openPermissions: [{ path: '/s', mode: 0o755 }],
  }) as readonly [Finding, Finding];
  const [note] = machineFindings({ git: '2.39.5', containment: { subreaper: true, controlGroup: false } });

  it('calls repaired only what a look afterwards finds no more', () => {
    const tried = new Map([
      [findingKey(one), null],
      [findingKey(two), 'not permitted'],
    ]);
    expect(reportAfter([one, two], tried, [two]).findings).toEqual([
      { finding: one, repaired: true, failure: null },
      { finding: two, repaired: false, failure: 'not permitted' },
    ]);
    expect(reportAfter([one, two], new Map([[findingKey(one), null]]), [two, note!]).findings).toEqual([
      { finding: one, repaired: true, failure: null },
      { finding: two, repaired: null, failure: null },
      { finding: note, repaired: null, failure: null },
    ]);
  });

  it('is healthy when nothing is wrong, or not any more', () => {
    const report = (finding: Finding, repaired: boolean | null) => ({
      findings: [{ finding, repaired, failure: null }],
    });
    expect(isHealthy({ findings: [] })).toBe(true);
    expect(isHealthy(report(note!, null))).toBe(true);
    expect(isHealthy(report(one, null))).toBe(false);
    expect(isHealthy(report(one, false))).toBe(false);
    expect(isHealthy(report(one, true))).toBe(true);
  });

  it('says what was seen and what a repair does', () => {
    expect(describeFinding(two, plainEnglish)).toEqual({
      detail: 'others may look into /s (mode 0755), which may hold secrets.',
      remedy: 'take all rights on it from others',
    });
    expect(findingAreas).toContain(areaOf(two));
  });
});
