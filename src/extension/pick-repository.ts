import path from 'node:path';
import * as vscode from 'vscode';
import { WardenError } from '../core/errors.ts';
import type { Warden } from './warden.ts';

/**
 * The repository to work in: the only one that is open, or the one that somebody picks.
 * @returns undefined when nothing was picked
 * @throws WardenError not_a_repository
 */
export async function pickRepository(warden: Warden): Promise<string | undefined> {
  const repositories = await warden.repositories.find();
  const [first] = repositories;
  if (first === undefined) {
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
    throw new WardenError('not_a_repository', { path: folder ?? vscode.l10n.t('What is open') });
  }
  if (repositories.length === 1) return first;
  const items = repositories.map((repository) => ({
    label: path.basename(repository),
    description: repository,
    repository,
  }));
  const picked = await vscode.window.showQuickPick(items, { placeHolder: vscode.l10n.t('Pick a repository') });
  return picked?.repository;
}
