import Database from 'better-sqlite3';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { readStat } from '../../src/processes/linux-stat.ts';
import { leaseNow } from '../support/lease-now.ts';
import { processesOf } from '../support/run-processes.ts';
import { sampleRepository, type SampleRepository } from '../sample/sample-repository.ts';
import { openWorkbench, type Workbench } from './workbench.ts';

/** A run as the database has it, looked at from outside of the product. */
export interface RunRow {
  readonly run_id: string;
  readonly workflow_name: string;
  readonly status: string;
  readonly ended_at: number | null;
  /** JSON, as the next one. */
  readonly stop: string | null;
  readonly kill_report: string | null;
  readonly exit_code: number | null;
  readonly worktree_path: string | null;
  readonly restarted_from: string | null;
}

/** A real VS Code on the sample repository, with the extension. */
export interface Window {
  readonly workbench: Workbench;
  readonly repository: string;
  readonly stateFolder: string;
  /** Every run so far, oldest first. */
  runs(): RunRow[];
  /** The newest run of a workflow, once it has the status. */
  run(workflowName: string, status: string): Promise<RunRow>;
}

const root = path.join(import.meta.dirname, '../..');

interface WindowOptions {
  /** A packed extension instead of this checkout. */
  readonly vsix?: string;
  readonly userSettings?: Record<string, unknown>;
  readonly workspaceTrust?: 'off' | 'ask';
}

/**
 * A test in a window of its own. At its end the window is closed and every run killed from outside, and it fails when
 * the extension host reported an error that nobody handled. One that fails leaves a picture and prints its path.
 */
export function windowTest(name: string, options: WindowOptions, body: (window: Window) => Promise<void>): void {
  test(name, async () => {
    await using sample = await sampleRepository();
    const window = await openWindow(sample, options);
    try {
      await body(window);
      const unhandled = window.workbench.log.filter(
        (line) => /unhandled|rejected promise/i.test(line) && /warden/i.test(line),
      );
      if (unhandled.length > 0) throw new Error(`nobody handled: ${unhandled.join('\n')}`);
    } catch (error) {
      await takePicture(window, name);
      throw error;
    } finally {
      await close(window);
    }
  });
}

async function openWindow(sample: SampleRepository, options: WindowOptions): Promise<Window> {
  const { path: repository, stateFolder } = sample;
  const { vsix, ...others } = options;
  const extension = vsix === undefined ? { extensionPath: root } : { vsix };
  const workbench = await openWorkbench({ ...others, ...extension, folder: repository, stateDirectory: stateFolder });
  // A palette that is opened before the extension has told its commands does not show them.
  const wardenTab = workbench.page.getByRole('tab', { name: /^Workflow Warden/ });
  if (options.workspaceTrust !== 'ask') {
    await wardenTab.waitFor({ timeout: 60_000 }).catch(async (error: unknown) => {
      await workbench.close();
      throw error;
    });
  }
  const runs = (): RunRow[] => rowsOf(path.join(stateFolder, 'warden.db'));
  return {
    workbench,
    repository,
    stateFolder,
    runs,
    run: (workflowName, status) =>
      eventually(() => runs().findLast((run) => run.workflow_name === workflowName && run.status === status), 60_000),
  };
}

/** No run is left when the window closes, so nothing stands in for it that would still write when the folder goes. */
async function close(window: Window): Promise<void> {
  const isOver = (): boolean => window.runs().every(({ ended_at }) => ended_at !== null);
  for (const pid of window.runs().flatMap(({ run_id }) => processesOf(run_id))) end(pid);
  await eventually(isOver).catch(() => console.error('Not every run is over.'));
  await window.workbench.close();
  for (const pid of window.runs().flatMap(({ run_id }) => processesOf(run_id))) end(pid);
  await eventually(() => !standsIn(window));
}

function standsIn({ stateFolder }: Window): boolean {
  const lease = leaseNow(stateFolder);
  return lease?.face === 'watch' && readStat(lease.pid) !== null;
}

async function takePicture({ workbench }: Window, name: string): Promise<void> {
  const folder = path.join(root, 'test-results');
  const file = path.join(folder, `${name.replaceAll(/\W+/g, '-')}.png`);
  await mkdir(folder, { recursive: true });
  await workbench.screenshot(file).catch(() => undefined);
  console.error(`What the window showed: ${file}\n${workbench.log.slice(-20).join('\n')}`);
}

function rowsOf(file: string): RunRow[] {
  if (!existsSync(file)) return [];
  const database = new Database(file, { readonly: true, timeout: 1000 });
  try {
    return database.prepare('SELECT * FROM workflow_runs ORDER BY rowid').all() as RunRow[];
  } finally {
    database.close();
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
