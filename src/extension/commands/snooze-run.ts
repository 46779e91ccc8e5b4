import * as vscode from 'vscode';
import { pickRun } from '../pick-run.ts';
import type { Warden } from '../warden.ts';

const minute = 60_000;

/** Has nothing said about a run for a while. */
export async function snoozeRun(warden: Warden, argument: unknown): Promise<void> {
  const report = await pickRun(warden, argument, { word: 'snoozable', title: vscode.l10n.t('Snooze') });
  if (report === undefined) return;
  const lengths = [
    { label: vscode.l10n.t('For 10 minutes'), milliseconds: 10 * minute },
    { label: vscode.l10n.t('For 1 hour'), milliseconds: 60 * minute },
    { label: vscode.l10n.t('For this run'), milliseconds: Infinity },
  ];
  const placeHolder = vscode.l10n.t('How long should nothing be said about {0}?', report.run.workflowName);
  const length = await vscode.window.showQuickPick(lengths, { placeHolder });
  if (length !== undefined) await (await warden.access.get()).snooze(report.run.runId, length.milliseconds);
}
