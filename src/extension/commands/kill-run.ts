import * as vscode from 'vscode';
import { isWorthAsking } from '../../core/impact.ts';
import { askAndKill, isConfirmed } from '../ask-and-kill.ts';
import { impactInTime } from '../impact-in-time.ts';
import { killAndTell } from '../kill-and-tell.ts';
import { pickRun, severalRuns } from '../pick-run.ts';
import type { Warden } from '../warden.ts';

/**
 * Kills a run, or the several that are selected in the tree. Where something is at stake it is shown and asked first, but
 * not of a run whose id was passed, as by a notification: there a person has said so already. A look that takes long asks
 * nothing: the worktree stays in any case.
 */
export async function killRun(warden: Warden, argument: unknown, selection: unknown): Promise<void> {
  const several = severalRuns(selection);
  if (several.length > 0) return askAndKill(warden, several);
  const report = await pickRun(warden, argument, { word: 'killable', title: vscode.l10n.t('Kill Run') });
  if (report === undefined) return;
  const { run } = report;
  const impact = typeof argument === 'string' ? null : await impactInTime(warden, run.runId);
  if (impact !== null && isWorthAsking(impact) && !(await isConfirmed([impact]))) return;
  await killAndTell(warden, run, false);
}
