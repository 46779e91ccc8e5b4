import * as vscode from 'vscode';
import { impactInTime } from '../impact-in-time.ts';
import { killAndTell } from '../kill-and-tell.ts';
import { killQuestionDetail } from '../kill-question.ts';
import { localized } from '../localized.ts';
import { pickRun } from '../pick-run.ts';
import type { Warden } from '../warden.ts';

/** Kills a run at once, without a chance for it to end properly; asks first, unless a kill is under way anyway. */
export async function forceKillRun(warden: Warden, argument: unknown): Promise<void> {
  const report = await pickRun(warden, argument, { word: 'forceKillable', title: vscode.l10n.t('Force Kill Run') });
  if (report === undefined) return;
  const { run } = report;
  if (run.status === 'terminating') return killAndTell(warden, run, true);
  const force = vscode.l10n.t('Force Kill');
  const impact = await impactInTime(warden, run.runId);
  const noChance = vscode.l10n.t('It gets no chance to save its state or to end what it is writing.');
  const detail = impact === null ? noChance : `${noChance}\n\n${killQuestionDetail([impact], localized)}`;
  const question = vscode.l10n.t('Force kill {0}?', run.workflowName);
  const chosen = await vscode.window.showWarningMessage(question, { modal: true, detail }, force);
  if (chosen === force) await killAndTell(warden, run, true);
}
