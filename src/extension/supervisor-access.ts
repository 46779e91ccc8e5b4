import * as vscode from 'vscode';
import type { Diagnostics } from '../core/ports/diagnostics.ts';
import { openSupervisorInThread, type SupervisorInThread } from '../thread/supervisor-in-thread.ts';
import { dailyMaxAgeHours } from './daily-cleanup.ts';
import { watchIntervalSeconds } from './watch-interval.ts';

/** A thread that ends sooner than this after it was opened is not opened again at once. */
const soonMilliseconds = 10_000;

/** It is opened again later then. */
const againMilliseconds = 60_000;

export interface AccessOptions {
  /** The extension's bundle. */
  readonly entry: string;
  readonly diagnostics: Diagnostics;
}

/** Opens the supervisor when it is first needed, and again after it could not be opened or its thread has ended. */
export class SupervisorAccess implements vscode.Disposable {
  readonly #options: AccessOptions;
  readonly #onDidOpen = new vscode.EventEmitter<SupervisorInThread>();
  readonly #onDidLose = new vscode.EventEmitter<unknown>();
  readonly #subscriptions: readonly vscode.Disposable[];
  #again: NodeJS.Timeout | null = null;
  #isClosed = false;
  #opening: Promise<SupervisorInThread> | null = null;
  #opened: SupervisorInThread | null = null;

  readonly onDidOpen = this.#onDidOpen.event;

  /** It could not be opened, or its thread has ended though nobody asked it to: nothing is seen of the runs until it is open. */
  readonly onDidLose = this.#onDidLose.event;

  constructor(options: AccessOptions) {
    this.#options = options;
    this.#subscriptions = [
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.#opened?.setMayLaunch(true)),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('warden.cleanup')) this.#opened?.setMaxAgeHours(dailyMaxAgeHours());
      }),
    ];
  }

  /** Null while it is not open. */
  get opened(): SupervisorInThread | null {
    return this.#opened;
  }

  /** @throws WardenError see openSupervisor; a later call tries again */
  get(): Promise<SupervisorInThread> {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  /** Tells nobody any more. */
  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#onDidOpen.dispose();
    this.#onDidLose.dispose();
    this.#stopTrying();
  }

  /** Ends what the supervisor does in this window; the runs go on. */
  async close(): Promise<void> {
    this.#stopTrying();
    const supervisor = await this.#opening?.catch(() => null);
    this.#opened = null;
    await supervisor?.dispose();
  }

  async #open(): Promise<SupervisorInThread> {
    try {
      const supervisor = await openSupervisorInThread({
        ...this.#options,
        intervalMilliseconds: watchIntervalSeconds() * 1000,
        mayLaunch: vscode.workspace.isTrusted,
        maxAgeHours: dailyMaxAgeHours(),
      });
      supervisor.setMayLaunch(vscode.workspace.isTrusted);
      supervisor.setMaxAgeHours(dailyMaxAgeHours());
      this.#opened = supervisor;
      void this.#reopenWhenEnded(supervisor, performance.now());
      this.#onDidOpen.fire(supervisor);
      return supervisor;
    } catch (error) {
      this.#opening = null;
      this.#onDidLose.fire(error);
      throw error;
    }
  }

  /** The thread has no reason to end, but runs that nobody watches any more are worse than one restart too many. */
  async #reopenWhenEnded(supervisor: SupervisorInThread, openedAt: number): Promise<void> {
    const error = await supervisor.ended;
    if (error === null || this.#opened !== supervisor) return;
    this.#opened = null;
    this.#opening = null;
    this.#options.diagnostics.failed(watching, error);
    this.#onDidLose.fire(error);
    if (performance.now() - openedAt < soonMilliseconds) this.#openLater();
    else await this.#openAgain();
  }

  async #openAgain(): Promise<void> {
    try {
      await this.get();
    } catch (error) {
      this.#options.diagnostics.failed(watching, error);
      this.#openLater();
    }
  }

  #openLater(): void {
    if (!this.#isClosed) this.#again = setTimeout(() => void this.#openAgain(), againMilliseconds);
  }

  #stopTrying(): void {
    this.#isClosed = true;
    if (this.#again !== null) clearTimeout(this.#again);
  }
}

const watching = 'watching the runs';
