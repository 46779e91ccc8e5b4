import * as vscode from 'vscode';
import type { RunId } from '../../core/run-id.ts';
import { activeStatuses } from '../../core/run-status.ts';
import type { RunReport } from '../../supervisor/supervisor.ts';
import { askAndKill } from '../ask-and-kill.ts';
import { choicesOf } from '../pick-run.ts';
import type { Warden } from '../warden.ts';

const runsAtMost = 1000;

/** Lets somebody tick runs that are not over, shows what is at stake, asks, and kills them all at once. */
export async function killRuns(warden: Warden): Promise<void> {
  const supervisor = await warden.access.get();
  const { runs } = await supervisor.list({ statuses: activeStatuses, limit: runsAtMost });
  const picked = await pick(warden, runs);
  if (picked !== undefined && picked.length > 0) await askAndKill(warden, picked);
}

async function pick(warden: Warden, runs: readonly RunReport[]): Promise<readonly RunId[] | undefined> {
  const choices = choicesOf(warden, runs);
  if (choices.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('There is no run that is not over.'));
    return undefined;
  }
  const picked = await vscode.window.showQuickPick(choices, {
    canPickMany: true,
    ignoreFocusOut: true,
    title: vscode.l10n.t('Kill Several Runs'),
    placeHolder: vscode.l10n.t('Tick the runs to kill; type to see fewer'),
    matchOnDescription: true,
    matchOnDetail: true,
  });
  return picked?.map(({ report }) => report.run.runId);
}
