import * as vscode from 'vscode';
import { pickWorktree } from '../pick-worktree.ts';
import type { Warden } from '../warden.ts';
import { worktreeName } from '../worktree-item.ts';

/** Keeps what is in a worktree now, without disturbing it. @returns the ref of the checkpoint; null when there was nothing to keep */
export async function checkpointWorktree(warden: Warden, argument: unknown): Promise<string | null | undefined> {
  const entry = await pickWorktree(warden, argument, { word: 'keepable', title: vscode.l10n.t('Checkpoint Now') });
  if (entry === undefined) return undefined;
  const { runId, path } = entry.worktree;
  const supervisor = await warden.access.get();
  const name = worktreeName(path);
  const taken = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: vscode.l10n.t('Keeping the work in {0}', name) },
    () => supervisor.checkpoint(runId, path),
  );
  void vscode.window.showInformationMessage(
    taken === null
      ? vscode.l10n.t('There is nothing to keep in {0}: its branch holds everything.', name)
      : vscode.l10n.t('The work in {0} is kept in {1}.', name, taken),
  );
  return taken;
}
