import * as vscode from 'vscode';
import { describeDuration } from '../../core/messages.ts';
import { mostExtraMinutes, timeLimitOf } from '../../core/time-limit.ts';
import { localized } from '../localized.ts';
import { pickRun } from '../pick-run.ts';
import type { Warden } from '../warden.ts';

/** Gives a run more time than its limit. @param minutes how much, where that was said already */
export async function extendRun(warden: Warden, argument: unknown, minutes?: unknown): Promise<void> {
  const title = vscode.l10n.t('Give More Time');
  const report = await pickRun(warden, argument, { word: 'extendable', title });
  if (report === undefined) return;
  const { run } = report;
  const limit = durationOf(timeLimitOf(run));
  const more =
    typeof minutes === 'number'
      ? minutes
      : await askHowMuch(title, vscode.l10n.t('{0} may take {1}. How much more?', run.workflowName, limit));
  if (more === undefined) return;
  const extended = await (await warden.access.get()).extend(run.runId, more);
  void vscode.window.showInformationMessage(
    vscode.l10n.t('{0} may now take {1}.', run.workflowName, durationOf(timeLimitOf(extended))),
  );
}

async function askHowMuch(title: string, placeHolder: string): Promise<number | undefined> {
  const lengths = [15, 30, 60, 120].map((minutes) => ({ label: vscode.l10n.t('+{0}', durationOf(minutes)), minutes }));
  const other = { label: vscode.l10n.t('Other…'), minutes: null };
  const chosen = await vscode.window.showQuickPick([...lengths, other], { title, placeHolder });
  if (chosen === undefined || chosen.minutes !== null) return chosen?.minutes;
  const typed = await vscode.window.showInputBox({
    title,
    prompt: vscode.l10n.t('Minutes. They may be fractions.'),
    validateInput: (text) =>
      isAmount(Number(text)) ? null : vscode.l10n.t('A number above 0, at most {0}.', mostExtraMinutes),
  });
  return typed === undefined ? undefined : Number(typed);
}

function isAmount(minutes: number): boolean {
  return minutes > 0 && minutes <= mostExtraMinutes;
}

function durationOf(minutes: number): string {
  return describeDuration(minutes * 60_000, localized);
}
