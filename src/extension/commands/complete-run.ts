import * as vscode from 'vscode';
import { pickRun } from '../pick-run.ts';
import type { Warden } from '../warden.ts';

/** Ends a run by hand: somebody says that it is done, or that it failed. */
export async function completeRun(warden: Warden, argument: unknown): Promise<void> {
  const title = vscode.l10n.t('Complete Run');
  const report = await pickRun(warden, argument, { word: 'completable', title });
  if (report === undefined) return;
  const { runId, workflowName } = report.run;
  const outcomes = [
    { label: vscode.l10n.t('Completed'), detail: vscode.l10n.t('It has done what it should.'), becomes: 'completed' },
    { label: vscode.l10n.t('Failed'), detail: vscode.l10n.t('It has not.'), becomes: 'failed' },
  ] as const;
  const placeHolder = vscode.l10n.t('How did {0} end? Its processes are stopped.', workflowName);
  const outcome = await vscode.window.showQuickPick(outcomes, { title, placeHolder });
  if (outcome === undefined) return;
  const why = await vscode.window.showInputBox({ title, prompt: vscode.l10n.t('Reason. It may be empty.') });
  if (why === undefined) return;
  const supervisor = await warden.access.get();
  await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: vscode.l10n.t('Stopping {0}…', workflowName) },
    () => supervisor.complete(runId, { becomes: outcome.becomes, ...(why === '' ? {} : { why }) }),
  );
}
