import * as vscode from 'vscode';
import { settings } from './identifiers.ts';

const defaultSeconds = 5;
const longestSeconds = 60;

/** Longest time between two looks at the runs, as the settings have it. */
export function watchIntervalSeconds(): number {
  // A settings file may hold anything.
  const seconds: unknown = vscode.workspace.getConfiguration().get(settings.watchIntervalSeconds);
  return typeof seconds === 'number' && seconds > 0 ? Math.min(Math.max(1, seconds), longestSeconds) : defaultSeconds;
}
