import * as vscode from 'vscode';
import { defaultMaxAgeHours } from '../supervisor/cleanup.ts';
import { settings } from './identifiers.ts';

/** How old a worktree is that the daily pass removes, as the settings have it; null for no pass. */
export function dailyMaxAgeHours(): number | null {
  const configuration = vscode.workspace.getConfiguration();
  // A settings file may hold anything: what cannot be understood removes nothing.
  const daily: unknown = configuration.get(settings.cleanupDaily, true);
  const hours: unknown = configuration.get(settings.cleanupMaxAgeHours, defaultMaxAgeHours);
  return daily === true && typeof hours === 'number' && hours >= 0 ? hours : null;
}
