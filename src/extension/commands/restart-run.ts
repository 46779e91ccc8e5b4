import * as vscode from 'vscode';
import type { Run } from '../../core/run.ts';
import { isTerminal } from '../../core/run-status.ts';
import { launchContext, requireTrust } from '../launch-context.ts';
import { withLaunchProgress } from '../launch-progress.ts';
import { localized } from '../localized.ts';
import { pickRun } from '../pick-run.ts';
import { type RestartChoice, restartChoices } from '../restart-choices.ts';
import type { Warden } from '../warden.ts';

/**
 * Starts a run again, with the same message and base. One that is not over is killed first, after asking. Where it left
 * work, it is asked whether to go on with that.
 */
export async function restartRun(warden: Warden, argument: unknown): Promise<void> {
  requireTrust();
  const report = await pickRun(warden, argument, { word: 'restartable', title: vscode.l10n.t('Restart Run') });
  if (report === undefined) return;
  const { runId, workflowName, status } = report.run;
  const supervisor = await warden.access.get();
  const choices = await choicesFor(supervisor, report.run);
  const choice = choices.length > 1 ? await pick(choices, workflowName) : choices[0];
  if (choice === undefined || (!isTerminal(status) && !(await confirm(workflowName, choice)))) return;
  const { resume } = choice;
  const title = vscode.l10n.t('Restarting {0}', workflowName);
  const run = await withLaunchProgress(supervisor, title, (onProgress) =>
    supervisor.restart(runId, { ...launchContext(), onProgress, ...(resume === undefined ? {} : { resume }) }),
  );
  if (run !== undefined) await warden.runsTree.reveal(run.runId);
}

/** What cannot be found out now is not offered. */
async function choicesFor(
  supervisor: Awaited<ReturnType<Warden['access']['get']>>,
  run: Run,
): Promise<readonly RestartChoice[]> {
  const [changes, checkpoints] = await Promise.all([
    run.worktree === null ? null : supervisor.changesOf(run.runId).catch(() => null),
    supervisor.checkpoints(run.runId).catch(() => []),
  ]);
  return restartChoices(run, changes?.files.length ?? 0, checkpoints, localized);
}

async function pick(choices: readonly RestartChoice[], workflowName: string): Promise<RestartChoice | undefined> {
  return vscode.window.showQuickPick(choices, {
    title: vscode.l10n.t('Restart {0}', workflowName),
    placeHolder: vscode.l10n.t('It left work. Go on with it?'),
  });
}

async function confirm(workflowName: string, { detail }: RestartChoice): Promise<boolean> {
  const restart = vscode.l10n.t('Restart');
  const chosen = await vscode.window.showWarningMessage(
    vscode.l10n.t('Restart {0}?', workflowName),
    { modal: true, detail: `${vscode.l10n.t('It is killed first.')} ${detail}` },
    restart,
  );
  return chosen === restart;
}
