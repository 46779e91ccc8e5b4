import * as vscode from 'vscode';
import { alertLines } from './alert-text.ts';
import type { AlertsFeed } from './alerts-feed.ts';
import { needsOf, needsPerson, type WatchedRun } from './attention.ts';
import { healthWords } from './health-words.ts';
import { commands, focusRuns } from './identifiers.ts';
import { lapseLine } from './lapse-words.ts';
import { localized } from './localized.ts';
import { markdownText } from './markdown-text.ts';
import type { RunsFeed } from './runs-feed.ts';
import { statusBarText } from './status-bar-text.ts';

/** Of more runs than these the tooltip gives only the number. */
const shownAtMost = 10;

/** The one item of the status bar; hidden when nothing runs, nothing is critical and the runs can be seen. */
export class StatusBar implements vscode.Disposable {
  readonly #item: vscode.StatusBarItem;
  readonly #subscriptions: readonly vscode.Disposable[];
  #shown = '';

  constructor(feed: RunsFeed, alerts: AlertsFeed) {
    this.#item = vscode.window.createStatusBarItem('warden.status', vscode.StatusBarAlignment.Left, 10);
    this.#item.name = vscode.l10n.t('Workflow Warden');
    this.#item.command = focusRuns;
    this.#subscriptions = [
      feed.onDidLoad(() => this.#show(feed, alerts)),
      feed.onDidChangeSight(() => this.#show(feed, alerts)),
      alerts.onDidChange(() => this.#show(feed, alerts)),
    ];
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#item.dispose();
  }

  #show({ runs, lapse }: RunsFeed, { alerts }: AlertsFeed): void {
    const status = statusBarText(runs, alerts, lapse, localized);
    const told = [...(lapse === null ? [] : [lapseLine(lapse, localized)]), ...alertLines(alerts, localized)];
    const needy = runs.filter(needsPerson);
    const tooltip = tooltipOf(needy, told);
    const why = needy.map((one) => `${one.report.run.workflowName}: ${whyOf(one)}`);
    const label = [status?.text, ...told, ...why].join('. ');
    const shown = `${status?.text ?? ''}\n${tooltip.value}`;
    if (shown === this.#shown) return;
    this.#shown = shown;
    if (status === null) {
      this.#item.hide();
      return;
    }
    this.#item.text = `$(${status.isWarning ? 'bell-dot' : 'play-circle'}) ${status.text}`;
    this.#item.accessibilityInformation = { label };
    this.#item.backgroundColor = status.isWarning
      ? new vscode.ThemeColor('statusBarItem.warningBackground')
      : undefined;
    this.#item.tooltip = tooltip;
    this.#item.show();
  }
}

function tooltipOf(needy: readonly WatchedRun[], alerts: readonly string[]): vscode.MarkdownString {
  const tooltip = new vscode.MarkdownString();
  tooltip.isTrusted = {
    enabledCommands: [commands.killRun, commands.restartRun, commands.openLog, commands.snoozeRun],
  };
  for (const alert of alerts) tooltip.appendMarkdown(`${markdownText(alert)}\n\n`);
  if (needy.length === 0) return tooltip.appendMarkdown(vscode.l10n.t('Show the runs'));
  for (const watched of needy.slice(0, shownAtMost)) {
    const { runId, workflowName } = watched.report.run;
    const link = (title: string, command: string): string =>
      `[${title}](command:${command}?${encodeURIComponent(JSON.stringify([runId]))})`;
    const links = [
      link(vscode.l10n.t('Kill'), commands.killRun),
      link(vscode.l10n.t('Restart'), commands.restartRun),
      link(vscode.l10n.t('Open Log'), commands.openLog),
      link(vscode.l10n.t('Snooze'), commands.snoozeRun),
    ].join(' · ');
    tooltip.appendMarkdown(`**${markdownText(workflowName)}**: ${markdownText(whyOf(watched))}  \n${links}\n\n`);
  }
  const rest = needy.length - shownAtMost;
  return rest > 0 ? tooltip.appendMarkdown(vscode.l10n.t('and {0} more', rest)) : tooltip;
}

function whyOf(watched: WatchedRun): string {
  return needsOf(watched)
    .map((reason) => healthWords(reason, localized))
    .join('; ');
}
