import * as vscode from 'vscode';
import { WardenError } from '../../core/errors.ts';
import { pickRun } from '../pick-run.ts';
import type { Warden } from '../warden.ts';
import { WorktreeNode } from '../worktrees-tree.ts';

/** Opens a run's worktree in a new window. */
export async function openWorktree(warden: Warden, argument: unknown): Promise<void> {
  const path = argument instanceof WorktreeNode ? argument.entry.worktree.path : await worktreePath(warden, argument);
  if (path === undefined) return;
  await vscode.commands.executeCommand('vscode.openFolder', vscode.Uri.file(path), { forceNewWindow: true });
}

async function worktreePath(warden: Warden, argument: unknown): Promise<string | undefined> {
  const report = await pickRun(warden, argument, { word: 'worktree', title: vscode.l10n.t('Open Worktree') });
  if (report === undefined) return undefined;
  const { runId, worktree } = report.run;
  if (worktree === null) throw new WardenError('no_worktree', { runId });
  return worktree.path;
}
