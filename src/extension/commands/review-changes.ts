import path from 'node:path';
import * as vscode from 'vscode';
import { baseUri } from '../base-content.ts';
import type { RunId } from '../../core/run-id.ts';
import { pickRun } from '../pick-run.ts';
import type { Warden } from '../warden.ts';
import { WorktreeNode } from '../worktrees-tree.ts';

/** Shows what a run has changed since it started, in VS Code's own editor for several differences. */
export async function reviewChanges(warden: Warden, argument: unknown): Promise<void> {
  const supervisor = await warden.access.get();
  const of = await changedBy(warden, argument);
  if (of === undefined) return;
  const { run, worktreePath, files } = await supervisor.changesOf(of.runId, of.path);
  const { workflowName, repository, baseCommit } = run;
  if (files.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('{0} has changed nothing so far.', workflowName));
    return;
  }
  const resources = files.map((file) => {
    const resource = vscode.Uri.file(path.join(worktreePath, file.path));
    const original =
      file.change === 'added' ? undefined : baseUri(resource, { repository, commit: baseCommit, path: file.path });
    return [resource, original, file.change === 'deleted' ? undefined : resource];
  });
  await vscode.commands.executeCommand('vscode.changes', vscode.l10n.t('Changes of {0}', workflowName), resources);
}

/** A run, and which of its worktrees, where it has more than its own. */
async function changedBy(
  warden: Warden,
  argument: unknown,
): Promise<{ readonly runId: RunId; readonly path?: string } | undefined> {
  if (argument instanceof WorktreeNode) return argument.entry.worktree;
  const report = await pickRun(warden, argument, { word: 'worktree', title: vscode.l10n.t('Review Changes') });
  return report === undefined ? undefined : { runId: report.run.runId };
}
