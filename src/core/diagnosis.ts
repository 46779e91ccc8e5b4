import type { Backup } from './backup.ts';
import type { ContainmentMeans } from './containment.ts';
import type { Observed } from './impact.ts';
import { isLeaseKept, type Lease } from './lease.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { CheckpointRef, UnfinishedWorktree } from './ports/worktrees.ts';
import type { KeepReason, WorktreeFacts } from './removal.ts';
import type { Run } from './run.ts';
import { isRunId, type RunId } from './run-id.ts';
import { isTerminal } from './run-status.ts';

/** `info` is worth knowing and no fault. */
export type Severity = 'info' | 'warning' | 'critical';

/** What can be found, with what was observed of it. */
interface FindingFacts {
  /** It counts as running, and two looks found none of its processes. */
  lost_run: { runId: RunId; pid: number | null };
  /** Whoever launched it is gone. */
  interrupted_launch: { runId: RunId };
  /** It carries the cookie of a run that is over. */
  orphan_process: { runId: RunId; pid: number; name: string; overMilliseconds: number };
  /** It carries the cookie of a run that nobody knows. */
  unknown_process: { runId: RunId; pid: number; name: string; isOurs: boolean };
  unregistered_folder: { path: string; repository: string };
  undeleted_worktree: { path: string; repository: string };
  missing_worktree: { path: string; runId: RunId; repository: string; reasons: readonly KeepReason[] };
  unfinished_worktree: {
    path: string | null;
    branch: string;
    runId: RunId;
    repository: string;
    made: 'launch' | 'restore';
  };
  foreign_unfinished_worktree: { path: string; repository: string };
  foreign_worktrees: { repository: string; count: number };
  stale_lock: { path: string; worktree: string; runId: RunId };
  damaged_worktree: { path: string; runId: RunId; detail: string };
  lost_checkpoint: { ref: string; commit: string; runId: RunId; repository: string };
  unrecorded_checkpoint: { ref: string; runId: RunId; repository: string };
  damaged_checkpoint: { ref: string; runId: RunId; repository: string; detail: string };
  checkpoints_of_unknown_run: { runId: RunId; repository: string; count: number };
  branch_of_unknown_run: { branch: string; repository: string };
  folder_without_run: { runId: RunId };
  run_without_folder: { runId: RunId };
  temporary_files: { runId: RunId };
  damaged_database: { path: string; detail: string };
  /** `at` is null when there is none at all. */
  old_backup: { path: string; at: number | null; ageMilliseconds: number };
  damaged_backup: { path: string; detail: string };
  large_log: { path: string; bytes: number };
  kept_changes: { count: number };
  open_permissions: { path: string; mode: number };
  low_disk: { path: string; freeBytes: number };
  abandoned_lease: { holder: Lease['holder']; ageMilliseconds: number; isGone: boolean; activeRuns: number };
  old_git: { found: string; needed: string };
  no_subreaper: object;
  no_control_group: object;
  /** What could not be looked at; nothing is said about it then. */
  not_known: { about: string; detail: string };
}

export type FindingCode = keyof FindingFacts;

export type FindingOf<Code extends FindingCode> = {
  readonly code: Code;
  readonly severity: Severity;
  /** What is needed for a repair is proved; else a person has to decide. */
  readonly isRepairable: boolean;
} & Readonly<FindingFacts[Code]>;

export type Finding = { readonly [Code in FindingCode]: FindingOf<Code> }[FindingCode];

function finding<Code extends FindingCode>(
  code: Code,
  severity: Severity,
  isRepairable: boolean,
  facts: FindingFacts[Code],
): Finding {
  return { code, severity, isRepairable, ...facts } as FindingOf<Code> as Finding;
}

/** What it was found in, in one word: with the code it tells findings apart. */
export function subjectOf(one: Finding): string {
  switch (one.code) {
    case 'orphan_process':
    case 'unknown_process':
      return String(one.pid);
    case 'unregistered_folder':
    case 'undeleted_worktree':
    case 'missing_worktree':
    case 'foreign_unfinished_worktree':
    case 'stale_lock':
    case 'damaged_worktree':
    case 'damaged_database':
    case 'old_backup':
    case 'damaged_backup':
    case 'large_log':
    case 'open_permissions':
    case 'low_disk':
      return one.path;
    case 'unfinished_worktree':
    case 'branch_of_unknown_run':
      return one.branch;
    case 'foreign_worktrees':
      return one.repository;
    case 'lost_checkpoint':
    case 'unrecorded_checkpoint':
    case 'damaged_checkpoint':
      return one.ref;
    case 'lost_run':
    case 'interrupted_launch':
    case 'checkpoints_of_unknown_run':
    case 'folder_without_run':
    case 'run_without_folder':
    case 'temporary_files':
      return one.runId;
    case 'abandoned_lease':
      return String(one.holder.pid);
    case 'old_git':
      return one.found;
    case 'not_known':
      return one.about;
    case 'kept_changes':
    case 'no_subreaper':
    case 'no_control_group':
      return one.code;
  }
}

/** One key per finding: what somebody agreed to is found again by it. */
export function findingKey(one: Finding): string {
  return `${one.code} ${subjectOf(one)}`;
}

/** A run as far as findings depend on it; null when nobody knows it. */
export type KnownRun = Pick<Run, 'status' | 'endedAt'> | null;

const isOver = (run: KnownRun): run is NonNullable<KnownRun> => run !== null && isTerminal(run.status);

/** A run that is not over, as two looks found it. */
export interface ActiveRunFacts {
  readonly run: Pick<Run, 'runId' | 'status' | 'stop' | 'process' | 'queue' | 'launcher'>;
  readonly hasProcesses: boolean;
  /** Null when it has none. */
  readonly isLauncherAlive: boolean | null;
}

export function runFindings(runs: readonly ActiveRunFacts[]): readonly Finding[] {
  return runs.flatMap(({ run, hasProcesses, isLauncherAlive }) => {
    const { runId, status, stop, process, queue } = run;
    if (stop !== null) return [];
    if (status === 'running' && !hasProcesses) {
      return [finding('lost_run', 'warning', true, { runId, pid: process?.command.pid ?? null })];
    }
    const isLaunching = status === 'pending' && queue?.waits !== true;
    return isLaunching && isLauncherAlive !== true ? [finding('interrupted_launch', 'warning', true, { runId })] : [];
  });
}

/** A process that carries the cookie of a run which is not under way. */
export interface CarrierFacts {
  readonly runId: RunId;
  readonly pid: number;
  readonly name: string;
  readonly run: KnownRun;
  /** Its run had its folder in our state folder. */
  readonly isOurs: boolean;
}

/** @param now epoch milliseconds */
export function processFindings(carriers: readonly CarrierFacts[], now: number): readonly Finding[] {
  return carriers.flatMap(({ runId, pid, name, run, isOurs }) => {
    // Another state folder may know it: unknown means keep.
    if (run === null)
      return [finding('unknown_process', isOurs ? 'warning' : 'info', false, { runId, pid, name, isOurs })];
    if (!isOver(run)) return [];
    const overMilliseconds = Math.max(0, now - (run.endedAt ?? now));
    return [finding('orphan_process', 'critical', true, { runId, pid, name, overMilliseconds })];
  });
}

/** What was seen in one repository. */
export interface RepositoryFacts {
  readonly repository: string;
  readonly unregistered: readonly string[];
  /** In the trash. */
  readonly inTrash: readonly string[];
  /** Worktrees of ours whose folder is gone, and why they stay all the same. */
  readonly missing: readonly {
    readonly worktree: Pick<WorktreeFacts, 'path' | 'runId'>;
    readonly reasons: readonly KeepReason[];
  }[];
  readonly unfinished: readonly UnfinishedWorktree[];
  /** Worktrees that git has not finished to make, and that we did not begin. */
  readonly foreignUnfinished: readonly string[];
  readonly foreign: number;
  readonly locks: readonly { readonly path: string; readonly worktree: string; readonly runId: RunId }[];
  readonly damaged: readonly { readonly path: string; readonly runId: RunId; readonly detail: string }[];
  readonly refs: readonly CheckpointRef[];
  /** As the database has them. */
  readonly rows: ReadonlyMap<RunId, readonly Checkpoint[]>;
  /** Branches with a name of ours. */
  readonly branches: readonly { readonly branch: string; readonly runId: RunId }[];
}

/** @param runs all that any of the facts names, as far as they are known */
export function repositoryFindings(facts: RepositoryFacts, runs: ReadonlyMap<RunId, KnownRun>): readonly Finding[] {
  const { repository } = facts;
  const runOf = (runId: RunId): KnownRun => runs.get(runId) ?? null;
  return [
    ...facts.missing.map(({ worktree: { path, runId }, reasons }) =>
      finding('missing_worktree', 'warning', reasons.length === 0, { path, runId, repository, reasons }),
    ),
    ...unfinishedFindings(facts, runOf),
    ...facts.unregistered.map((path) => finding('unregistered_folder', 'warning', false, { path, repository })),
    ...facts.inTrash.map((path) => finding('undeleted_worktree', 'warning', true, { path, repository })),
    ...facts.foreignUnfinished.map((path) =>
      finding('foreign_unfinished_worktree', 'info', false, { path, repository }),
    ),
    ...(facts.foreign === 0 ? [] : [finding('foreign_worktrees', 'info', false, { repository, count: facts.foreign })]),
    // In a run that goes on a git of another container may hold it, whom we do not see.
    ...facts.locks.map((lock) => finding('stale_lock', 'warning', isOver(runOf(lock.runId)), lock)),
    ...facts.damaged.map((worktree) => finding('damaged_worktree', 'warning', false, worktree)),
    ...checkpointFindings(facts, runOf),
    ...facts.branches
      .filter(({ runId }) => runOf(runId) === null)
      .map(({ branch }) => finding('branch_of_unknown_run', 'info', false, { branch, repository })),
  ];
}

type RunOf = (runId: RunId) => KnownRun;

function unfinishedFindings({ repository, unfinished }: RepositoryFacts, runOf: RunOf): readonly Finding[] {
  return unfinished.flatMap(({ path, branch, runId, made, isMakerGone }) => {
    // Of a launch the row tells who makes it.
    const run = runOf(runId);
    if (made === 'launch' && run !== null && !isOver(run)) return [];
    if (made === 'restore' && !isMakerGone) return [];
    const isRepairable = made === 'restore' || isOver(run);
    return [finding('unfinished_worktree', 'warning', isRepairable, { path, branch, runId, repository, made })];
  });
}

function checkpointFindings({ repository, refs, rows }: RepositoryFacts, runOf: RunOf): readonly Finding[] {
  const there = new Set(refs.map(({ ref }) => ref));
  const recorded = new Set([...rows.values()].flat().map(({ ref }) => ref));
  const unknown = Map.groupBy(
    refs.filter(({ runId }) => runOf(runId) === null),
    ({ runId }) => runId,
  );
  return [
    ...refs.flatMap(({ ref, runId, problem }) =>
      problem === null
        ? []
        : [finding('damaged_checkpoint', 'critical', false, { ref, runId, repository, detail: problem })],
    ),
    ...[...rows].flatMap(([runId, checkpoints]) =>
      checkpoints
        .filter(({ ref }) => !there.has(ref))
        .map(({ ref, commit }) => finding('lost_checkpoint', 'warning', true, { ref, commit, runId, repository })),
    ),
    ...refs
      .filter(({ ref, runId }) => runOf(runId) !== null && !recorded.has(ref))
      // What cannot be read cannot be written down.
      .map(({ ref, runId, problem }) =>
        finding('unrecorded_checkpoint', 'warning', problem === null, { ref, runId, repository }),
      ),
    ...Array.from(unknown, ([runId, some]) =>
      finding('checkpoints_of_unknown_run', 'info', false, { runId, repository, count: some.length }),
    ),
  ];
}

export interface StateFacts {
  readonly foldersWithoutRun: readonly RunId[];
  readonly runsWithoutFolder: readonly RunId[];
  /** Runs that have a folder for temporary files although they are over and have no worktree. */
  readonly temporaryFiles: readonly RunId[];
  readonly openPermissions: readonly { readonly path: string; readonly mode: number }[];
}

export function stateFindings(facts: StateFacts): readonly Finding[] {
  return [
    ...facts.foldersWithoutRun.map((runId) => finding('folder_without_run', 'warning', false, { runId })),
    ...facts.runsWithoutFolder.map((runId) => finding('run_without_folder', 'info', false, { runId })),
    ...facts.temporaryFiles.map((runId) => finding('temporary_files', 'warning', true, { runId })),
    ...facts.openPermissions.map((open) => finding('open_permissions', 'warning', true, open)),
  ];
}

export interface DatabaseFacts {
  readonly path: string;
  /** What `quick_check` says; null when all is well. */
  readonly problem: string | null;
  /** Of its write-ahead log. */
  readonly logBytes: number;
  /** Changes that it could not take yet. */
  readonly keptChanges: number;
  /** When the first entry of its audit log was written, in epoch milliseconds; null when there is none. */
  readonly firstEntryAt: number | null;
  /** The newest first, each with what is wrong with it; null when nothing is. */
  readonly backups: readonly (Pick<Backup, 'file' | 'at'> & { readonly problem: string | null })[];
}

/** SQLite empties the log at 4 MB, unless somebody reads all the time. */
const largeLogBytes = 64_000_000;

export function databaseFindings({ path, problem, logBytes, keptChanges }: DatabaseFacts): readonly Finding[] {
  return [
    ...(problem === null ? [] : [finding('damaged_database', 'critical', true, { path, detail: problem })]),
    ...(logBytes <= largeLogBytes
      ? []
      : [finding('large_log', 'warning', false, { path: `${path}-wal`, bytes: logBytes })]),
    ...(keptChanges === 0 ? [] : [finding('kept_changes', 'warning', false, { count: keptChanges })]),
  ];
}

/** One is taken each day on which somebody watches. */
const oldBackupMilliseconds = 3 * 24 * 3_600_000;

/**
 * @param isWatched somebody watches now: without a watch none is expected
 * @param now epoch milliseconds
 */
export function backupFindings(
  { path, firstEntryAt, backups }: Pick<DatabaseFacts, 'path' | 'firstEntryAt' | 'backups'>,
  isWatched: boolean,
  now: number,
): readonly Finding[] {
  const at = backups[0]?.at ?? null;
  const ageMilliseconds = Math.max(0, now - (at ?? firstEntryAt ?? now));
  const isOld = isWatched && ageMilliseconds > oldBackupMilliseconds;
  return [
    ...(isOld ? [finding('old_backup', 'warning', false, { path, at, ageMilliseconds })] : []),
    ...backups.flatMap(({ file, problem }) =>
      problem === null ? [] : [finding('damaged_backup', 'warning', false, { path: file, detail: problem })],
    ),
  ];
}

/** @param now epoch milliseconds */
export function leaseFindings(
  {
    lease,
    isAlive,
    activeRuns,
  }: { readonly lease: Lease | null; readonly isAlive: boolean; readonly activeRuns: number },
  now: number,
): readonly Finding[] {
  if (lease === null || (isAlive && isLeaseKept(lease, now))) return [];
  const { holder, heartbeat } = lease;
  const facts = { holder, ageMilliseconds: Math.max(0, now - heartbeat), isGone: !isAlive, activeRuns };
  return [finding('abandoned_lease', activeRuns > 0 || isAlive ? 'warning' : 'info', !isAlive, facts)];
}

/** Less than this is soon used up by a build. */
const lowDiskBytes = 500_000_000;

export function diskFindings(
  disks: readonly { readonly path: string; readonly freeBytes: number }[],
): readonly Finding[] {
  return disks
    .filter(({ freeBytes }) => freeBytes < lowDiskBytes)
    .map((disk) => finding('low_disk', 'warning', false, disk));
}

export interface MachineFacts {
  /** As `git version` tells it, e.g. `2.39.5`. */
  readonly git: string;
  /** Null where the system has nothing of the kind. */
  readonly containment: ContainmentMeans | null;
}

/** `git worktree add --lock --reason` came with it. */
export const neededGit = '2.33';

export function machineFindings({ git, containment }: MachineFacts): readonly Finding[] {
  return [
    ...(isOlder(git, neededGit) ? [finding('old_git', 'critical', false, { found: git, needed: neededGit })] : []),
    ...(containment === null || containment.subreaper ? [] : [finding('no_subreaper', 'info', false, {})]),
    ...(containment === null || containment.controlGroup ? [] : [finding('no_control_group', 'info', false, {})]),
  ];
}

function isOlder(version: string, than: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [neededMajor = 0, neededMinor = 0] = than.split('.').map(Number);
  return major < neededMajor || (major === neededMajor && minor < neededMinor);
}

/** What follows from a look, or that it could not be taken. */
export function findingsOf<Facts>(
  about: string,
  facts: Observed<Facts>,
  diagnose: (facts: Facts) => readonly Finding[],
): readonly Finding[] {
  return facts.state === 'observed'
    ? diagnose(facts.value)
    : [finding('not_known', 'warning', false, { about, detail: facts.detail })];
}

/** The run that a branch is named after; null when it is not one of ours. */
export function runOfBranch(branch: string): RunId | null {
  const [, digits] = /^warden\/.+\/([0-9a-f]{12})(?:-restored-\d+)?$/.exec(branch) ?? [];
  const runId = `run_${digits ?? ''}`;
  return isRunId(runId) ? runId : null;
}

export interface ExaminedFinding {
  readonly finding: Finding;
  /** Whether a fresh look after its repair found it no more; null when none was tried. */
  readonly repaired: boolean | null;
  /** Why its repair failed, in words. */
  readonly failure: string | null;
}

export interface DoctorReport {
  readonly findings: readonly ExaminedFinding[];
}

const ranks: Readonly<Record<Severity, number>> = { critical: 0, warning: 1, info: 2 };

/** The gravest first. */
export function inOrder(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted((one, other) => ranks[one.severity] - ranks[other.severity]);
}

/**
 * What is told after repairs.
 * @param before as it was found right before them
 * @param tried the keys of those that were tried, and how those went that failed
 * @param after as it was found by a look after them
 */
export function reportAfter(
  before: readonly Finding[],
  tried: ReadonlyMap<string, string | null>,
  after: readonly Finding[],
): DoctorReport {
  const left = new Set(after.map(findingKey));
  const known = new Set(before.map(findingKey));
  const attempted = before.filter((one) => tried.has(findingKey(one)));
  const others = after.filter((one) => !tried.has(findingKey(one)) || !known.has(findingKey(one)));
  return {
    findings: [
      ...attempted.map((one) => {
        const repaired = !left.has(findingKey(one));
        return { finding: one, repaired, failure: repaired ? null : (tried.get(findingKey(one)) ?? null) };
      }),
      ...others.map((one) => ({ finding: one, repaired: null, failure: null })),
    ],
  };
}

/** Nothing is wrong, or not any more. */
export function isHealthy({ findings }: DoctorReport): boolean {
  return findings.every(({ finding: { severity }, repaired }) => severity === 'info' || repaired === true);
}
