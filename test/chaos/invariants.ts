import { execa } from 'execa';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'vitest';
import type { KillReport } from '../../src/core/kill-report.ts';
import type { AuditEntry } from '../../src/core/ports/store.ts';
import type { Run } from '../../src/core/run.ts';
import { isTerminal } from '../../src/core/run-status.ts';
import type { Supervisor } from '../../src/supervisor/supervisor.ts';
import { processesOf } from '../support/run-processes.ts';
import type { TemporaryRepository } from '../support/temporary-repository.ts';
import type { Bystanders } from './stage/bystanders.ts';
import { databaseProblems, endingsIn } from './stage/chronicle.ts';

/** What somebody was told. */
export interface Acknowledged {
  /** Runs whose launch was answered. */
  readonly runs: readonly Run[];
  /** Kills whose report was answered. */
  readonly reports: readonly KillReport[];
}

export interface Outcome {
  readonly repository: TemporaryRepository;
  readonly supervisor: Supervisor;
  readonly acknowledged: Acknowledged;
  readonly bystanders: Bystanders;
}

/** What must hold after whatever happened, whatever it was. */
export async function expectInvariants({ repository, supervisor, acknowledged, bystanders }: Outcome): Promise<void> {
  await supervisor.settled();
  // As every window does that opens: what a checkpoint left half-made is taken back then.
  await supervisor.worktrees({ directory: repository.path });
  const runs = (await supervisor.list({ limit: 1_000 })).runs.map(({ run }) => run);
  expect(await bystanders.disturbed(), 'nobody else was signalled').toEqual([]);
  for (const run of runs) {
    if (isTerminal(run.status)) expect(processesOf(run.runId), `processes of ${run.runId}, which is over`).toEqual([]);
    expectAudit(run, await supervisor.audit({ runId: run.runId, limit: 1_000 }));
  }
  expectEndings(runs, repository);
  expectNothingLost(runs, acknowledged);
  await expectTidy(runs, repository);
  expect(databaseProblems(repository.stateFolder), 'integrity of the database').toEqual([]);
}

/** Each of these entries tells how a run ended. */
const isTerminalEntry = ({ action, outcome }: AuditEntry): boolean =>
  (outcome === 'done' && ['kill', 'complete', 'settle', 'end'].includes(action)) ||
  (outcome === 'failed' && action === 'launch');

function expectAudit(run: Run, entries: readonly AuditEntry[]): void {
  const ends = entries.filter(isTerminalEntry);
  const told = `${run.runId} is ${run.status}; terminal entries: ${ends.map(({ action }) => action).join(', ')}`;
  expect(ends, told).toHaveLength(isTerminal(run.status) ? 1 : 0);
  const [end] = ends;
  if (end === undefined) return;
  const stopped = run.status === 'terminated' || run.status === 'killed';
  expect(['kill', 'launch'].includes(end.action) || !stopped, told).toBe(true);
  if (end.action === 'kill') expect(stopped && run.killReport?.success, told).toBe(true);
}

function expectEndings(runs: readonly Run[], { stateFolder }: TemporaryRepository): void {
  const endings = endingsIn(stateFolder);
  const ended = runs.filter(({ status }) => isTerminal(status));
  expect(endings.map(({ runId, after }) => `${runId} ${after}`).sort(), 'each end was written once').toEqual(
    ended.map(({ runId, status }) => `${runId} ${status}`).sort(),
  );
}

function expectNothingLost(runs: readonly Run[], acknowledged: Acknowledged): void {
  const byId = new Map(runs.map((run) => [run.runId, run]));
  for (const { runId } of acknowledged.runs) expect(byId.has(runId), `${runId} was answered`).toBe(true);
  for (const report of acknowledged.reports.filter(({ success }) => success)) {
    expect(byId.get(report.runId)?.killReport, `the report of ${report.runId} was answered`).toEqual(report);
  }
}

/** What git leaves on purpose, or what a command that was killed leaves of its own, is not ours. */
async function expectTidy(runs: readonly Run[], repository: TemporaryRepository): Promise<void> {
  const files = await readdir(path.join(repository.path, '.git'), { recursive: true });
  const locks = files.filter((file) => file.endsWith('.lock') || path.basename(file).startsWith('warden.lock'));
  expect(locks, 'locks').toEqual([]);
  const leftovers = files.filter((file) => /(^|\/)warden[^/]*(tmp|index|\.of-|\.after-)/.test(file));
  expect(leftovers, 'temporary files').toEqual([]);
  const killed = runs.filter(({ status, reason }) => isTerminal(status) && reason?.code === 'killed');
  const temporary = killed.filter(({ runId }) => existsSync(path.join(tmpdir(), `warden-${runId}`)));
  expect(
    temporary.map(({ runId }) => runId),
    'killed runs that left temporary files',
  ).toEqual([]);
  await expectWorktrees(runs, repository);
  const folders = await readdir(path.join(repository.stateFolder, 'runs')).catch(() => []);
  expect(
    folders.filter((folder) => !runs.some(({ runId }) => runId === folder)),
    'folders of no run',
  ).toEqual([]);
  const check = await execa('git', ['fsck', '--full', '--no-dangling', '--no-progress'], {
    cwd: repository.path,
    reject: false,
    all: true,
  });
  expect({ code: check.exitCode, words: check.all }, 'git fsck').toEqual({ code: 0, words: '' });
}

async function expectWorktrees(runs: readonly Run[], repository: TemporaryRepository): Promise<void> {
  const listed = (await repository.git('worktree', 'list', '--porcelain')).split('\n\n');
  const initializing = listed.filter((entry) => entry.includes('locked initializing'));
  expect(initializing, 'half-made worktrees').toEqual([]);
  const known = runs.flatMap(({ worktree }) => (worktree === null ? [] : [worktree]));
  const folder = `${repository.path}.worktrees`;
  const found = existsSync(folder) ? await readdir(folder) : [];
  const paths = known.map((worktree) => path.basename(worktree.path)).sort();
  expect(found.sort(), 'worktrees on the disk, and those of the runs').toEqual(paths);
  const branches = (await repository.git('branch', '--list', '--format=%(refname:short)', 'warden/*')).split('\n');
  expect(branches.filter(Boolean).sort(), 'branches, and those of the runs').toEqual(
    known.map(({ branch }) => branch).sort(),
  );
}
