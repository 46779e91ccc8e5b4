import * as vscode from 'vscode';
import type { Diagnostics } from '../core/ports/diagnostics.ts';
import { openSupervisor } from '../open-supervisor.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import { watchIntervalSeconds } from './watch-interval.ts';

/** Opens the supervisor when it is first needed, and again after it could not be opened. */
export class SupervisorAccess {
  readonly #diagnostics: Diagnostics;
  readonly #onDidOpen = new vscode.EventEmitter<Supervisor>();
  #opening: Promise<Supervisor> | null = null;
  #opened: Supervisor | null = null;

  readonly onDidOpen = this.#onDidOpen.event;

  constructor(diagnostics: Diagnostics) {
    this.#diagnostics = diagnostics;
  }

  /** Null while it is not open. */
  get opened(): Supervisor | null {
    return this.#opened;
  }

  /** @throws WardenError see openSupervisor; a later call tries again */
  get(): Promise<Supervisor> {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  /** Ends what the supervisor does in this window; the runs go on. */
  async dispose(): Promise<void> {
    const opening = this.#opening;
    this.#onDidOpen.dispose();
    const supervisor = await opening?.catch(() => null);
    await supervisor?.dispose();
  }

  async #open(): Promise<Supervisor> {
    try {
      const supervisor = await openSupervisor({ face: 'vscode', diagnostics: this.#diagnostics });
      supervisor.startWatching(watchIntervalSeconds() * 1000, () => vscode.workspace.isTrusted);
      this.#opened = supervisor;
      this.#onDidOpen.fire(supervisor);
      return supervisor;
    } catch (error) {
      this.#opening = null;
      throw error;
    }
  }
}
