import { closeSync, ftruncateSync, writeSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { defaultPortBounds } from '../core/port-range.ts';
import type { Run } from '../core/run.ts';
import { isRunId, type RunId } from '../core/run-id.ts';
import type { Workflow } from '../core/workflow.ts';
import { branchFor, worktreePathFor } from '../core/worktree-names.ts';
import { openRunFileAtOnce, readRunFile } from './run-file.ts';

/** Bytes reserved for a run's state when its folder is made, so that it can be written on a full disk. */
const reservedBytes = 8 * 1024;

/**
 * The row of each run once more, in the run's folder: `run.json` holds what was launched, `state` what has become of it.
 * What the database loses is taken from here.
 */
export class RunRecords {
  readonly #root: string;
  readonly #known = new Map<RunId, { readonly changed: number; readonly run: Run }>();

  constructor(stateFolder: string) {
    this.#root = path.join(stateFolder, 'runs');
  }

  /**
   * Writes the state as the database gets it; called within its transaction, so that the last one to write here is the
   * last one there. Takes some 30 µs. A folder that is not there yet, or cannot be written, leaves it to the database.
   */
  keep(run: Run): void {
    let file: number;
    try {
      file = openRunFileAtOnce(this.#fileOf(run.runId), 'r+');
    } catch {
      return;
    }
    try {
      const text = stateText(run);
      writeSync(file, text, 0);
      // A longer state than was reserved before may stand behind a shorter one.
      ftruncateSync(file, Buffer.byteLength(text));
    } catch {
      // What is half-written is not readable as a state, and counts as unknown.
    } finally {
      closeSync(file);
    }
  }

  /** @throws the system's error when the folders cannot be read */
  async runIds(): Promise<readonly RunId[]> {
    try {
      return (await readdir(this.#root)).filter(isRunId);
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  async all(): Promise<readonly Run[]> {
    const runs: Run[] = [];
    for (const runId of await this.runIds()) {
      const run = await this.run(runId);
      if (run !== null) runs.push(run);
    }
    return runs.sort((one, other) => one.createdAt - other.createdAt);
  }

  /** Null where there is no readable `run.json`. */
  async run(runId: RunId): Promise<Run | null> {
    const { mtimeMs: changed } = await stat(this.#fileOf(runId)).catch(() => ({ mtimeMs: NaN }));
    const known = this.#known.get(runId);
    if (known?.changed === changed && Date.now() - changed > settledMilliseconds) return known.run;
    const run = await this.#read(runId);
    if (run !== null) this.#known.set(runId, { changed, run });
    return run;
  }

  async #read(runId: RunId): Promise<Run | null> {
    const launchedFile = path.join(this.#root, runId, 'run.json');
    const { version: _version, ...launched } = (await readJson<Run & { version: number }>(launchedFile)) ?? {};
    if (!isLaunched(launched) || launched.runId !== runId) return null;
    const state = await readJson<Partial<Run>>(this.#fileOf(runId));
    const workflow = { ...addedLaterToWorkflow, ...launched.workflow };
    const known = { ...addedLater, ...launched, workflow };
    return state === null ? unknownState(known) : { ...known, ...state };
  }

  #fileOf(runId: RunId): string {
    return path.join(this.#root, runId, 'state');
  }
}

/** What the folders of runs do not hold that an older version launched; the database has it from its migrations. */
const addedLater = {
  failuresAtOnce: 0,
  ports: null,
  resume: null,
  warnings: [],
  extraMinutes: 0,
  followUp: null,
  isRetryCancelled: false,
  queue: null,
} satisfies Partial<Run>;

const addedLaterToWorkflow = {
  setupTimeoutMinutes: 15,
  teardown: null,
  teardownTimeoutSeconds: 60,
  checkpointMinutes: null,
  cleanup: null,
  ports: 0,
  portBounds: defaultPortBounds,
} satisfies Partial<Workflow>;

const isLaunched = (found: Partial<Run>): found is Run => found.runId !== undefined && found.workflow !== undefined;

/** Two writes within one tick of the file system's clock look the same. */
const settledMilliseconds = 100;

/** What was launched, and does not change. */
export function launchedText(run: Run): string {
  return `${JSON.stringify({ version: 1, ...run, process: null, stop: null, killReport: null }, null, 2)}\n`;
}

/** What changes; padded, so that a later and longer state finds its place reserved. */
export function stateText(run: Run): string {
  const { workflow: _workflow, message: _message, ...state } = run;
  const process = run.process === null ? null : { ...run.process, observation: null };
  const text = JSON.stringify({ ...state, process });
  return text + ' '.repeat(Math.max(0, reservedBytes - Buffer.byteLength(text)));
}

/**
 * A run whose state was lost half-written: it may live, so it counts as running and its processes decide; its worktree
 * lies where every run's does.
 */
function unknownState(run: Run): Run {
  const worktree = {
    path: worktreePathFor(run.repository, run.workflowName, run.runId),
    branch: branchFor(run.workflowName, run.runId),
  };
  return { ...run, status: 'running', reason: null, queue: null, launcher: null, worktree, startedAt: run.createdAt };
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- names what the file was written from
async function readJson<Value>(file: string): Promise<Value | null> {
  try {
    return JSON.parse(await readRunFile(file)) as Value;
  } catch {
    return null;
  }
}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';
