import * as vscode from 'vscode';
import { isTerminal } from '../../core/run-status.ts';
import { launchContext, requireTrust } from '../launch-context.ts';
import { withLaunchProgress } from '../launch-progress.ts';
import { pickRun } from '../pick-run.ts';
import type { Warden } from '../warden.ts';

/** Starts a run again, with the same message and base. One that is not over is killed first, after asking. */
export async function restartRun(warden: Warden, argument: unknown): Promise<void> {
  requireTrust();
  const report = await pickRun(warden, argument, { word: 'restartable', title: vscode.l10n.t('Restart Run') });
  if (report === undefined) return;
  const { runId, workflowName, status } = report.run;
  if (!isTerminal(status) && !(await confirm(workflowName))) return;
  const supervisor = await warden.access.get();
  const title = vscode.l10n.t('Restarting {0}', workflowName);
  const run = await withLaunchProgress(supervisor, title, (onProgress) =>
    supervisor.restart(runId, { ...launchContext(), onProgress }),
  );
  if (run !== undefined) await warden.runsTree.reveal(run.runId);
}

async function confirm(workflowName: string): Promise<boolean> {
  const restart = vscode.l10n.t('Restart');
  const chosen = await vscode.window.showWarningMessage(
    vscode.l10n.t('Restart {0}?', workflowName),
    { modal: true, detail: vscode.l10n.t('It is killed first. Its worktree stays; the new run gets one of its own.') },
    restart,
  );
  return chosen === restart;
}
