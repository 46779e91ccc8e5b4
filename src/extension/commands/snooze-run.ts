import * as vscode from 'vscode';
import { pickRun } from '../pick-run.ts';
import type { Warden } from '../warden.ts';

const minute = 60_000;

/** Has nothing said about a run, or about some at once, for a while. */
export async function snoozeRun(warden: Warden, argument: unknown): Promise<void> {
  const supervisor = await warden.access.get();
  const title = vscode.l10n.t('Snooze');
  if (isSeveral(argument)) {
    const placeHolder = vscode.l10n.t('How long should nothing be said about these {0} runs?', argument.length);
    const length = await askHowLong({ title, placeHolder, mayEnd: false });
    if (length !== undefined) await Promise.all(argument.map((runId) => supervisor.snooze(runId, length)));
    return;
  }
  const report = await pickRun(warden, argument, { word: 'snoozable', title });
  if (report === undefined) return;
  const { run } = report;
  const placeHolder = vscode.l10n.t('How long should nothing be said about {0}?', run.workflowName);
  const length = await askHowLong({ title, placeHolder, mayEnd: report.isSnoozed });
  if (length !== undefined) await supervisor.snooze(run.runId, length);
}

interface Question {
  readonly title: string;
  readonly placeHolder: string;
  /** It is snoozed already, which may come to an end. */
  readonly mayEnd: boolean;
}

/** @returns milliseconds */
async function askHowLong({ title, placeHolder, mayEnd }: Question): Promise<number | undefined> {
  const lengths = [
    { label: vscode.l10n.t('For 10 minutes'), milliseconds: 10 * minute },
    { label: vscode.l10n.t('For 1 hour'), milliseconds: 60 * minute },
    { label: vscode.l10n.t('For this run'), milliseconds: Infinity },
    ...(mayEnd ? [{ label: vscode.l10n.t('No longer'), milliseconds: 0 }] : []),
  ];
  return (await vscode.window.showQuickPick(lengths, { title, placeHolder }))?.milliseconds;
}

/** The ids that a notification of several runs passes. */
function isSeveral(argument: unknown): argument is readonly string[] {
  return Array.isArray(argument) && argument.every((one) => typeof one === 'string');
}
