import * as vscode from 'vscode';
import { WardenError } from '../core/errors.ts';
import type { LaunchOptions } from '../supervisor/launch.ts';

/** What every run that is started in this window gets: its session, and the ignored files that VS Code copies too. */
export function launchContext(): Required<Pick<LaunchOptions, 'sessionId' | 'include'>> {
  const patterns = vscode.workspace.getConfiguration('git').get<unknown>('worktreeIncludeFiles');
  const include = Array.isArray(patterns) ? patterns.filter((pattern) => typeof pattern === 'string') : [];
  return { sessionId: vscode.env.sessionId, include };
}

/** @throws WardenError untrusted_workspace */
export function requireTrust(): void {
  if (vscode.workspace.isTrusted) return;
  const folder = vscode.workspace.name ?? vscode.l10n.t('This window');
  throw new WardenError('untrusted_workspace', { folder });
}
