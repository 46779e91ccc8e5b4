import * as vscode from 'vscode';
import type { PermissionRequest } from '../core/permission-request.ts';
import type { Diagnostics } from '../core/ports/diagnostics.ts';
import { isTerminal } from '../core/run-status.ts';
import type { WatchedRun } from './attention.ts';
import { focusRuns } from './identifiers.ts';
import { tellOfKill } from './kill-and-tell.ts';
import { localized } from './localized.ts';
import { requestWords } from './request-words.ts';
import type { RunsFeed } from './runs-feed.ts';
import type { SupervisorAccess } from './supervisor-access.ts';
import type { WorkspaceRepositories } from './workspace-repositories.ts';

export interface PermissionRequestsOptions {
  readonly access: SupervisorAccess;
  readonly feed: RunsFeed;
  readonly repositories: WorkspaceRepositories;
  /** Where it is told that an answer could not be carried out. */
  readonly report: (during: string, error: unknown) => void;
  /** Where it is told that a look failed: the next one comes soon. */
  readonly diagnostics: Diagnostics;
}

/** Asks the person, once for each request, whether a run gets what it asks for. */
export class PermissionRequests implements vscode.Disposable {
  readonly #options: PermissionRequestsOptions;
  readonly #subscription: vscode.Disposable;
  readonly #asked = new Set<number>();
  #isLooking = false;

  constructor(options: PermissionRequestsOptions) {
    this.#options = options;
    this.#subscription = options.feed.onDidLoad((runs) => void this.#look(runs));
  }

  dispose(): void {
    this.#subscription.dispose();
  }

  async #look(runs: readonly WatchedRun[]): Promise<void> {
    const { access, report, diagnostics } = this.#options;
    // Only what goes on can be killed, and the next look comes soon.
    const active = new Map(
      runs.filter(({ report: { run } }) => !isTerminal(run.status)).map((one) => [one.report.run.runId, one]),
    );
    if (this.#isLooking || active.size === 0 || access.opened === null) return;
    this.#isLooking = true;
    try {
      for (const request of await access.opened.requests()) {
        const watched = active.get(request.runId);
        if (request.state !== 'open' || watched === undefined || this.#asked.has(request.id)) continue;
        if (!this.#isOurs(watched)) continue;
        this.#asked.add(request.id);
        this.#ask(request, watched.report.run.workflowName).catch((error: unknown) =>
          report(vscode.l10n.t('answering a run'), error),
        );
      }
    } catch (error) {
      diagnostics.failed('looking for what runs ask for', error);
    } finally {
      this.#isLooking = false;
    }
  }

  async #ask(request: PermissionRequest, workflowName: string): Promise<void> {
    const allow = vscode.l10n.t('Allow');
    const deny = vscode.l10n.t('Deny');
    const show = vscode.l10n.t('Show');
    for (;;) {
      const text = requestWords(request, workflowName, localized);
      const chosen = await vscode.window.showWarningMessage(text, allow, deny, show);
      // Closed without an answer it stays open: `warden requests` has it.
      if (chosen === undefined) return;
      if (chosen !== show) return this.#answer(request, chosen === allow ? 'approve' : 'deny');
      await vscode.commands.executeCommand(focusRuns);
    }
  }

  async #answer({ id }: PermissionRequest, answer: 'approve' | 'deny'): Promise<void> {
    const supervisor = await this.#options.access.get();
    const { report } = await supervisor.answerRequest(id, answer);
    if (report !== null) tellOfKill(report);
  }

  /** The window with the repository asks; of a repository that no window may have open, the one that watches. */
  #isOurs({ report: { run } }: WatchedRun): boolean {
    const { repositories, feed } = this.#options;
    return repositories.known.includes(run.repository) || feed.isWatching;
  }
}
