import * as vscode from 'vscode';
import { WardenError } from '../../core/errors.ts';
import { checkpointItem } from '../checkpoint-item.ts';
import { localized } from '../localized.ts';
import { pickRun } from '../pick-run.ts';
import type { Warden } from '../warden.ts';

/** Brings a checkpoint of a run back into a new worktree, and offers to open that. @returns its folder */
export async function restoreRun(warden: Warden, argument: unknown, number?: unknown): Promise<string | undefined> {
  const title = vscode.l10n.t('Restore Work');
  const report = await pickRun(warden, argument, { word: 'restorable', title });
  if (report === undefined) return undefined;
  const { runId, workflowName } = report.run;
  const checkpoint = typeof number === 'number' ? number : await pickCheckpoint(warden, runId, title);
  if (checkpoint === undefined) return undefined;
  const supervisor = await warden.access.get();
  const restored = await vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: vscode.l10n.t('Restoring the work of {0}', workflowName),
    },
    () => supervisor.restore(runId, { checkpoint }),
  );
  warden.worktreesTree.refresh();
  void offerToOpen(warden, restored.path, outcomeWords(restored.checkpoint.operation, restored.changes?.length));
  return restored.path;
}

/** @throws WardenError no_checkpoint */
async function pickCheckpoint(warden: Warden, runId: string, title: string): Promise<number | undefined> {
  const checkpoints = await (await warden.access.get()).checkpoints(runId);
  if (checkpoints.length === 0) throw new WardenError('no_checkpoint', { runId, number: null, known: [] });
  const items = checkpoints.toReversed().map((checkpoint) => checkpointItem(checkpoint, Date.now(), localized));
  const picked = await vscode.window.showQuickPick(items, {
    title,
    placeHolder: vscode.l10n.t('Pick a checkpoint'),
    matchOnDescription: true,
  });
  return picked?.number;
}

function outcomeWords(operation: string | null, changes: number | undefined): string {
  const words =
    changes === undefined
      ? vscode.l10n.t('The work is back in a new worktree.')
      : vscode.l10n.t('The work is back in a new worktree; {0} files differ from the branch.', changes);
  return operation === null
    ? words
    : `${words} ${vscode.l10n.t('A {0} was under way then, and is not any more.', operation)}`;
}

async function offerToOpen(warden: Warden, path: string, words: string): Promise<void> {
  const open = vscode.l10n.t('Open Worktree');
  const chosen = await vscode.window.showInformationMessage(words, open);
  if (chosen !== open) return;
  try {
    await vscode.commands.executeCommand('vscode.openFolder', vscode.Uri.file(path), { forceNewWindow: true });
  } catch (error) {
    warden.failures.report('opening a restored worktree', error);
  }
}
