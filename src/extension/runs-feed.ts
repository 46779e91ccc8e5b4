import * as vscode from 'vscode';
import { isWardenError } from '../core/errors.ts';
import { describeError } from '../core/messages.ts';
import type { Diagnostics } from '../core/ports/diagnostics.ts';
import { activeStatuses, isTerminal, runStatuses } from '../core/run-status.ts';
import type { SupervisorInThread } from '../thread/supervisor-in-thread.ts';
import type { WatchedRun } from './attention.ts';
import type { Lapse } from './lapse-words.ts';
import { localized } from './localized.ts';
import { inOrder } from './run-order.ts';
import type { SupervisorAccess } from './supervisor-access.ts';

/** VS Code merges updates closer than this; a stream of them would starve the screen. */
const pauseMilliseconds = 250;

const recentRuns = 50;
const activeRunsAtMost = 1000;

/** All active runs of this machine and the most recent others, read once for everything that shows them. */
export class RunsFeed implements vscode.Disposable {
  readonly #access: SupervisorAccess;
  readonly #diagnostics: Diagnostics;
  readonly #onDidLoad = new vscode.EventEmitter<readonly WatchedRun[]>();
  readonly #onDidChangeSight = new vscode.EventEmitter<void>();
  readonly #subscriptions: vscode.Disposable[] = [];
  #runs: readonly WatchedRun[] = [];
  #isWatching = false;
  #seenAt: number | null = null;
  #lapse: Lapse | null = null;
  #timer: NodeJS.Timeout | null = null;
  #loading = false;
  #wantedAgain = false;
  #disposed = false;

  /** Fires after each look, whether or not anything changed: whoever shows it compares. */
  readonly onDidLoad = this.#onDidLoad.event;

  /** Fires when the runs cannot be seen any more, and when they can be again. */
  readonly onDidChangeSight = this.#onDidChangeSight.event;

  constructor(access: SupervisorAccess, diagnostics: Diagnostics) {
    this.#access = access;
    this.#diagnostics = diagnostics;
    this.#subscriptions.push(
      access.onDidOpen((supervisor) => this.#follow(supervisor)),
      access.onDidLose((error) => this.#lost(error)),
    );
  }

  /** What needs a person first. */
  get runs(): readonly WatchedRun[] {
    return this.#runs;
  }

  /** Whether it is this window that watches over the runs, as of the last look. */
  get isWatching(): boolean {
    return this.#isWatching;
  }

  /** Null while what is shown was seen by the last look. */
  get lapse(): Lapse | null {
    return this.#lapse;
  }

  /** Looks again soon; many calls in a row make one look. */
  refresh(): void {
    if (this.#disposed) return;
    if (this.#loading) this.#wantedAgain = true;
    else this.#timer ??= setTimeout(() => void this.#look(), pauseMilliseconds);
  }

  dispose(): void {
    this.#disposed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#onDidLoad.dispose();
    this.#onDidChangeSight.dispose();
  }

  #follow(supervisor: SupervisorInThread): void {
    this.#subscriptions.push(supervisor.onDidChange(() => this.refresh()));
    void this.#look();
  }

  async #look(): Promise<void> {
    const supervisor = this.#access.opened;
    this.#timer = null;
    if (supervisor === null || this.#disposed) return;
    this.#loading = true;
    this.#wantedAgain = false;
    try {
      [this.#runs, this.#isWatching] = await Promise.all([read(supervisor), supervisor.isWatching()]);
      if (!this.#disposed) this.#seen();
    } catch (error) {
      if (!this.#disposed) this.#diagnostics.failed('reading the runs', error);
      this.#lost(error);
    }
    this.#loading = false;
    if (this.#wantedAgain) this.refresh();
  }

  #seen(): void {
    this.#seenAt = Date.now();
    if (this.#lapse !== null) {
      this.#lapse = null;
      this.#onDidChangeSight.fire();
    }
    this.#onDidLoad.fire(this.#runs);
  }

  #lost(error: unknown): void {
    if (this.#lapse !== null || this.#disposed) return;
    const detail = isWardenError(error) ? describeError(error, localized) : String(error);
    this.#lapse = { since: this.#seenAt, detail };
    this.#onDidChangeSight.fire();
  }
}

async function read(supervisor: SupervisorInThread): Promise<WatchedRun[]> {
  const [active, over] = await Promise.all([
    supervisor.recent({ statuses: activeStatuses, limit: activeRunsAtMost }),
    supervisor.recent({ statuses: runStatuses.filter(isTerminal), limit: recentRuns }),
  ]);
  // A run that ends between the two reads is in both.
  const byId = new Map([...active, ...over].map((report) => [report.run.runId, report]));
  return inOrder([...byId.values()].map((report) => ({ report, snoozed: report.isSnoozed })));
}
