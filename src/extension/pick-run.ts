import * as vscode from 'vscode';
import type { RunReport } from '../supervisor/supervisor.ts';
import type { RunWord } from './identifiers.ts';
import { localized } from './localized.ts';
import { runItem } from './run-item.ts';
import { RunNode } from './runs-tree.ts';
import { may } from './run-words.ts';
import type { Warden } from './warden.ts';
import { WorktreeNode } from './worktrees-tree.ts';

/**
 * The run that a command is for: what was clicked, the id that was passed, or else the one that somebody picks among
 * those with which it can be done.
 * @returns undefined when nothing was picked
 */
export async function pickRun(
  warden: Warden,
  argument: unknown,
  { word, title }: { readonly word: RunWord; readonly title: string },
): Promise<RunReport | undefined> {
  const supervisor = await warden.access.get();
  const runId = runIdOf(argument);
  if (runId !== undefined) return supervisor.status(runId);
  const { runs } = await supervisor.list({ limit: 200 });
  const items = runs
    .map((report) => ({ report, snoozed: report.isSnoozed }))
    .filter((watched) => may(word, watched))
    .map((watched) => {
      const { run } = watched.report;
      const repositoryName = warden.repositories.nameToShow(run.repository);
      const item = runItem({ ...watched, now: Date.now(), repositoryName }, localized);
      return {
        label: `$(${item.icon.id}) ${item.label}`,
        description: item.description,
        detail: run.message,
        report: watched.report,
      };
    });
  if (items.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('There is no run for which this can be done now.'));
    return undefined;
  }
  const picked = await vscode.window.showQuickPick(items, {
    title,
    placeHolder: vscode.l10n.t('Pick a run'),
    matchOnDescription: true,
    matchOnDetail: true,
  });
  return picked?.report;
}

function runIdOf(argument: unknown): string | undefined {
  if (typeof argument === 'string') return argument;
  if (argument instanceof RunNode) return argument.item.id;
  return argument instanceof WorktreeNode ? argument.entry.worktree.runId : undefined;
}
