import * as vscode from 'vscode';
import { auditUri } from '../audit-content.ts';
import { pickRun } from '../pick-run.ts';
import type { Warden } from '../warden.ts';

/** Shows who did what with a run, when and why, and how it went. */
export async function showAudit(warden: Warden, argument: unknown): Promise<void> {
  const report = await pickRun(warden, argument, { word: null, title: vscode.l10n.t('Show Audit') });
  if (report === undefined) return;
  await vscode.commands.executeCommand('vscode.open', auditUri(report.run, Date.now()));
}
