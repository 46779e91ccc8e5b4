import * as vscode from 'vscode';
import { isRunId, type RunId } from '../core/run-id.ts';
import { activeStatuses, isTerminal, runStatuses } from '../core/run-status.ts';
import type { RunReport } from '../supervisor/supervisor.ts';
import type { SupervisorInThread } from '../thread/supervisor-in-thread.ts';
import type { RunWord } from './identifiers.ts';
import { localized } from './localized.ts';
import { runItem } from './run-item.ts';
import { RunNode } from './runs-tree.ts';
import { may } from './run-words.ts';
import type { Warden } from './warden.ts';
import { KeptNode, WorktreeNode } from './worktrees-tree.ts';

const activeAtMost = 1000;

/** Of those that are over, the latest are offered. */
const overAtMost = 200;

/**
 * The run that a command is for: what was clicked, the id that was passed, or else the one that somebody picks among
 * those with which it can be done.
 * @param how `word`: null where it can be done with any
 * @returns undefined when nothing was picked
 */
export async function pickRun(
  warden: Warden,
  argument: unknown,
  { word, title }: { readonly word: RunWord | null; readonly title: string },
): Promise<RunReport | undefined> {
  const supervisor = await warden.access.get();
  const runId = runIdOf(argument);
  if (runId !== undefined) return supervisor.status(runId);
  const runs = await offered(supervisor);
  const items = choicesOf(
    warden,
    runs.filter((report) => word === null || may(word, { report, snoozed: report.isSnoozed })),
  );
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

/** Every run that is not over, however many were started since, and the latest of the others. */
async function offered(supervisor: SupervisorInThread): Promise<readonly RunReport[]> {
  const { runs: active } = await supervisor.list({ statuses: activeStatuses, limit: activeAtMost });
  const over = await supervisor.recent({ statuses: runStatuses.filter(isTerminal), limit: overAtMost });
  // A run that ends between the two reads is in both.
  return [...new Map([...active, ...over].map((report) => [report.run.runId, report])).values()];
}

export interface RunChoice extends vscode.QuickPickItem {
  readonly report: RunReport;
}

/** Runs as somebody picks among them. */
export function choicesOf({ repositories }: Warden, reports: readonly RunReport[]): RunChoice[] {
  return reports.map((report) => {
    const { run } = report;
    const repositoryName = repositories.nameToShow(run.repository);
    const item = runItem({ report, snoozed: report.isSnoozed, now: Date.now(), repositoryName }, localized);
    return {
      label: `$(${item.icon.id}) ${item.label}`,
      description: item.description,
      detail: run.message,
      report,
    };
  });
}

/** What several rows of the tree were ticked for a command; empty where it was asked for one alone. */
export function severalRuns(selection: unknown): readonly RunId[] {
  const nodes = Array.isArray(selection) ? selection.filter((node) => node instanceof RunNode) : [];
  return nodes.length > 1 ? nodes.map(({ item }) => item.id).filter(isRunId) : [];
}

function runIdOf(argument: unknown): string | undefined {
  if (typeof argument === 'string') return argument;
  if (argument instanceof RunNode) return argument.item.id;
  if (argument instanceof KeptNode) return argument.kept.run.runId;
  return argument instanceof WorktreeNode ? argument.entry.worktree.runId : undefined;
}
