import * as vscode from 'vscode';
import type { KillReport } from '../core/kill-report.ts';
import { describeKill } from '../core/messages.ts';
import type { Run } from '../core/run.ts';
import type { RunId } from '../core/run-id.ts';
import { localized } from './localized.ts';
import { notificationText } from './notification-text.ts';
import type { Warden } from './warden.ts';

/** Runs whose kill this window is about to tell of. */
const awaited = new Set<RunId>();

/** Kills a run and tells, once, what was seen: that nothing of it is left, or who survived. */
export async function killAndTell(
  warden: Warden,
  { runId, workflowName }: Pick<Run, 'runId' | 'workflowName'>,
  force: boolean,
): Promise<void> {
  const supervisor = await warden.access.get();
  if (awaited.has(runId)) {
    await supervisor.kill(runId, { force });
    return;
  }
  awaited.add(runId);
  try {
    const report = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: vscode.l10n.t('Stopping {0}…', workflowName) },
      () => supervisor.kill(runId, { force }),
    );
    tellOfKill(report);
  } finally {
    awaited.delete(runId);
  }
}

/** What was seen, in a notification of its own. */
export function tellOfKill(report: KillReport): void {
  const outcome = notificationText(describeKill(report, localized));
  if (report.success) void vscode.window.showInformationMessage(`${outcome}.`);
  else void vscode.window.showErrorMessage(`${outcome}. ${vscode.l10n.t('It is tried again.')}`);
}
