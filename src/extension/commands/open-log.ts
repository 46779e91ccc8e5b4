import { stat } from 'node:fs/promises';
import * as vscode from 'vscode';
import { pickRun } from '../pick-run.ts';
import type { Warden } from '../warden.ts';

/** Opens what a run has printed, at its end. */
export async function openLog(warden: Warden, argument: unknown): Promise<void> {
  const report = await pickRun(warden, argument, { word: 'logged', title: vscode.l10n.t('Open Log') });
  if (report === undefined) return;
  const { runId, workflowName } = report.run;
  const supervisor = await warden.access.get();
  const file = await supervisor.outputFileOf(runId);
  const exists = await stat(file).then(
    () => true,
    () => false,
  );
  if (!exists) {
    void vscode.window.showInformationMessage(vscode.l10n.t('{0} has printed nothing.', workflowName));
    return;
  }
  const end = new vscode.Position(Number.MAX_SAFE_INTEGER, 0);
  const options: vscode.TextDocumentShowOptions = { preview: true, selection: new vscode.Range(end, end) };
  await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(file), options);
}
