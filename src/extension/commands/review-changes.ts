import path from 'node:path';
import * as vscode from 'vscode';
import { baseUri } from '../base-content.ts';
import { pickRun } from '../pick-run.ts';
import type { Warden } from '../warden.ts';

/** Shows what a run has changed since it started, in VS Code's own editor for several differences. */
export async function reviewChanges(warden: Warden, argument: unknown): Promise<void> {
  const report = await pickRun(warden, argument, { word: 'worktree', title: vscode.l10n.t('Review Changes') });
  if (report === undefined) return;
  const supervisor = await warden.access.get();
  const { run, files } = await supervisor.changesOf(report.run.runId);
  const { workflowName, worktree, repository, baseCommit } = run;
  if (worktree === null || files.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('{0} has changed nothing so far.', workflowName));
    return;
  }
  const resources = files.map((file) => {
    const resource = vscode.Uri.file(path.join(worktree.path, file.path));
    const original =
      file.change === 'added' ? undefined : baseUri(resource, { repository, commit: baseCommit, path: file.path });
    return [resource, original, file.change === 'deleted' ? undefined : resource];
  });
  await vscode.commands.executeCommand('vscode.changes', vscode.l10n.t('Changes of {0}', workflowName), resources);
}
