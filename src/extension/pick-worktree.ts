import * as vscode from 'vscode';
import type { WorktreeEntry } from '../supervisor/cleanup.ts';
import { listWorktrees } from './list-worktrees.ts';
import { localized } from './localized.ts';
import type { Warden } from './warden.ts';
import { may, worktreeItem, type WorktreeWord } from './worktree-item.ts';
import { worktreesInOrder } from './worktree-order.ts';
import { WorktreeNode } from './worktrees-tree.ts';

/**
 * The worktree that a command is for: what was clicked, the folder that was passed, or else the one that somebody picks
 * among those with which it can be done.
 * @returns undefined when nothing was picked
 */
export async function pickWorktree(
  warden: Warden,
  argument: unknown,
  { word, title }: { readonly word: WorktreeWord; readonly title: string },
): Promise<WorktreeEntry | undefined> {
  if (argument instanceof WorktreeNode) return argument.entry;
  const entries = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: vscode.l10n.t('Looking at the worktrees…') },
    () => listWorktrees(warden),
  );
  if (typeof argument === 'string') return entries.find(({ worktree }) => worktree.path === argument);
  const items = worktreesInOrder(entries.filter((entry) => may(word, entry))).map((entry) => {
    const name = warden.repositories.nameToShow(entry.worktree.repository);
    const item = worktreeItem(entry, name, localized);
    return {
      label: `$(${item.icon.id}) ${item.label}`,
      description: item.description,
      detail: entry.worktree.path,
      entry,
    };
  });
  if (items.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('There is no worktree with which this can be done now.'));
    return undefined;
  }
  const picked = await vscode.window.showQuickPick(items, {
    title,
    placeHolder: vscode.l10n.t('Pick a worktree'),
    matchOnDescription: true,
    matchOnDetail: true,
  });
  return picked?.entry;
}
