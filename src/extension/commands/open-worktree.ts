import * as vscode from 'vscode';
import { WardenError } from '../../core/errors.ts';
import { pickRun } from '../pick-run.ts';
import { pickWorktree } from '../pick-worktree.ts';
import type { Warden } from '../warden.ts';
import { WorktreeNode } from '../worktrees-tree.ts';

/** Opens a worktree in a new window: the one of a run that was clicked or passed, else one that somebody picks. */
export async function openWorktree(warden: Warden, argument: unknown): Promise<void> {
  const ofRun = argument !== undefined && !(argument instanceof WorktreeNode);
  const path = ofRun ? await pathOfRun(warden, argument) : await pickPath(warden, argument);
  if (path === undefined) return;
  await vscode.commands.executeCommand('vscode.openFolder', vscode.Uri.file(path), { forceNewWindow: true });
}

async function pickPath(warden: Warden, argument: unknown): Promise<string | undefined> {
  const entry = await pickWorktree(warden, argument, { word: 'there', title: vscode.l10n.t('Open Worktree') });
  return entry?.worktree.path;
}

async function pathOfRun(warden: Warden, argument: unknown): Promise<string | undefined> {
  const report = await pickRun(warden, argument, { word: 'worktree', title: vscode.l10n.t('Open Worktree') });
  if (report === undefined) return undefined;
  const { runId, worktree } = report.run;
  if (worktree === null) throw new WardenError('no_worktree', { runId });
  return worktree.path;
}
