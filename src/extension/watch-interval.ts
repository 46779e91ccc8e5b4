import * as vscode from 'vscode';
import { settings } from './identifiers.ts';

const defaultSeconds = 5;

/** Longest time between two looks at the runs, as the settings have it. */
export function watchIntervalSeconds(): number {
  return Math.max(1, vscode.workspace.getConfiguration().get(settings.watchIntervalSeconds, defaultSeconds));
}
