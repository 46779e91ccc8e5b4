import * as vscode from 'vscode';
import { verdictOf } from '../../core/removal.ts';
import { cleanupChoices } from '../cleanup-choices.ts';
import { keepWords } from '../keep-words.ts';
import { localized } from '../localized.ts';
import { pickWorktree } from '../pick-worktree.ts';
import { removalQuestion } from '../removal-question.ts';
import type { Warden } from '../warden.ts';
import { worktreeName } from '../worktree-item.ts';
import { removeChosen } from './cleanup-worktrees.ts';

/** Removes one worktree after its work was kept. Asks in any case; one that should stay goes only if somebody insists. */
export async function removeWorktree(warden: Warden, argument: unknown): Promise<void> {
  const entry = await pickWorktree(warden, argument, { word: 'removable', title: vscode.l10n.t('Remove Worktree') });
  if (entry === undefined) return;
  const verdict = verdictOf(entry.reasons);
  if (verdict === 'kept') {
    const why = keepWords(entry.reasons, localized);
    void vscode.window.showWarningMessage(vscode.l10n.t('{0} stays: {1}', worktreeName(entry.worktree.path), why));
    return;
  }
  // Those that should stay are asked about where they are removed.
  if (verdict === 'safe') {
    const remove = vscode.l10n.t('Remove');
    const { message, detail } = removalQuestion(entry, localized);
    if ((await vscode.window.showWarningMessage(message, { modal: true, detail }, remove)) !== remove) return;
  }
  await removeChosen(warden, cleanupChoices([entry], Date.now(), localized));
}
