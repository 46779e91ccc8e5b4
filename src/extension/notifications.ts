import * as vscode from 'vscode';
import { describeHealthReason } from '../core/messages.ts';
import { tellNow, type Told, type WatchedRun } from './attention.ts';
import { commands, focusRuns, settings } from './identifiers.ts';
import { localized } from './localized.ts';
import type { RunsFeed } from './runs-feed.ts';
import type { WorkspaceRepositories } from './workspace-repositories.ts';

export interface NotificationsOptions {
  readonly feed: RunsFeed;
  readonly repositories: WorkspaceRepositories;
  /** Where what goes wrong is told. */
  readonly report: (during: string, error: unknown) => void;
}

/** Tells once for a run and state that it needs a person; several at once are one notification. */
export class Notifications implements vscode.Disposable {
  readonly #options: NotificationsOptions;
  readonly #subscription: vscode.Disposable;
  #told: Told = new Map();

  constructor(options: NotificationsOptions) {
    this.#options = options;
    this.#subscription = options.feed.onDidLoad((runs) => this.#tell(runs));
  }

  dispose(): void {
    this.#subscription.dispose();
  }

  #tell(runs: readonly WatchedRun[]): void {
    const { news, told } = tellNow(
      this.#told,
      runs.filter((watched) => this.#isOurs(watched)),
    );
    this.#told = told;
    if (news.length === 0 || !vscode.workspace.getConfiguration().get(settings.stuckNotifications, true)) return;
    const [first] = news;
    const shown = first !== undefined && news.length === 1 ? tellOf(first) : tellOfSeveral(news.length);
    shown.catch((error: unknown) => this.#options.report(vscode.l10n.t('telling of a run'), error));
  }

  /** The window with the repository tells of it; of a repository that no window may have open, the one that watches. */
  #isOurs({ report }: WatchedRun): boolean {
    const { repositories, feed } = this.#options;
    return repositories.known.includes(report.run.repository) || feed.isWatching;
  }
}

async function tellOf({ report }: WatchedRun): Promise<void> {
  const { run, health } = report;
  const reasons = health.reasons.map((reason) => describeHealthReason(reason, localized)).join('; ');
  const actions = [
    { title: vscode.l10n.t('Kill'), command: commands.killRun },
    { title: vscode.l10n.t('Restart'), command: commands.restartRun },
    { title: vscode.l10n.t('Open Log'), command: commands.openLog },
    { title: vscode.l10n.t('Snooze'), command: commands.snoozeRun },
  ];
  const chosen = await vscode.window.showWarningMessage(
    vscode.l10n.t('{0} needs you: {1}.', run.workflowName, reasons),
    ...actions,
  );
  if (chosen !== undefined) await vscode.commands.executeCommand(chosen.command, run.runId);
}

async function tellOfSeveral(count: number): Promise<void> {
  const show = vscode.l10n.t('Show');
  const chosen = await vscode.window.showWarningMessage(vscode.l10n.t('{0} runs need you.', count), show);
  if (chosen === show) await vscode.commands.executeCommand(focusRuns);
}
