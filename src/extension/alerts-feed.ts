import * as vscode from 'vscode';
import type { Alert } from '../core/alerts.ts';
import type { Diagnostics } from '../core/ports/diagnostics.ts';
import type { SupervisorAccess } from './supervisor-access.ts';

/** What is counted over days does not change by the second; a process that outlives its run is told within this. */
const intervalMilliseconds = 60_000;

/** What concerns the whole, looked at once for everything that shows it. */
export class AlertsFeed implements vscode.Disposable {
  readonly #access: SupervisorAccess;
  readonly #diagnostics: Diagnostics;
  readonly #onDidChange = new vscode.EventEmitter<readonly Alert[]>();
  readonly #subscription: vscode.Disposable;
  readonly #timer: NodeJS.Timeout;
  #alerts: readonly Alert[] = [];
  #looking = false;
  #disposed = false;

  readonly onDidChange = this.#onDidChange.event;

  constructor(access: SupervisorAccess, diagnostics: Diagnostics) {
    this.#access = access;
    this.#diagnostics = diagnostics;
    this.#subscription = access.onDidOpen(() => this.refresh());
    this.#timer = setInterval(() => this.refresh(), intervalMilliseconds);
  }

  /** The gravest first. */
  get alerts(): readonly Alert[] {
    return this.#alerts;
  }

  /** Looks again, unless a look is under way. */
  refresh(): void {
    if (!this.#looking && !this.#disposed) void this.#look();
  }

  dispose(): void {
    this.#disposed = true;
    clearInterval(this.#timer);
    this.#subscription.dispose();
    this.#onDidChange.dispose();
  }

  async #look(): Promise<void> {
    const supervisor = this.#access.opened;
    if (supervisor === null) return;
    this.#looking = true;
    try {
      const alerts = await supervisor.alerts();
      const isSame = JSON.stringify(alerts) === JSON.stringify(this.#alerts);
      this.#alerts = alerts;
      if (!isSame && !this.#disposed) this.#onDidChange.fire(alerts);
    } catch (error) {
      if (!this.#disposed) this.#diagnostics.failed('looking for alerts', error);
    } finally {
      this.#looking = false;
    }
  }
}
