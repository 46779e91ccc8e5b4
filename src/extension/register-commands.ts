import * as vscode from 'vscode';
import { checkpointWorktree } from './commands/checkpoint-worktree.ts';
import { cleanupWorktrees } from './commands/cleanup-worktrees.ts';
import { completeRun } from './commands/complete-run.ts';
import { createWorkflows } from './commands/create-workflows.ts';
import { doctor } from './commands/doctor.ts';
import { drill } from './commands/drill.ts';
import { extendRun } from './commands/extend-run.ts';
import { forceKillRun } from './commands/force-kill-run.ts';
import { killRun } from './commands/kill-run.ts';
import { killRuns } from './commands/kill-runs.ts';
import { openLog } from './commands/open-log.ts';
import { openWorktree } from './commands/open-worktree.ts';
import { refresh } from './commands/refresh.ts';
import { removeWorktree } from './commands/remove-worktree.ts';
import { restartRun } from './commands/restart-run.ts';
import { restoreRun } from './commands/restore-run.ts';
import { reviewChanges } from './commands/review-changes.ts';
import { setWebhook } from './commands/set-webhook.ts';
import { showAudit } from './commands/show-audit.ts';
import { snoozeRun } from './commands/snooze-run.ts';
import { startRun } from './commands/start-run.ts';
import { commands } from './identifiers.ts';
import type { Warden } from './warden.ts';

type Act = (warden: Warden, argument: unknown, detail: unknown) => Promise<unknown>;

const acts: Readonly<Record<keyof typeof commands, Act>> = {
  startRun,
  killRun,
  killRuns,
  forceKillRun,
  // The same for a kill that is under way, under the name that it has there.
  forceNow: forceKillRun,
  restartRun,
  restoreRun,
  completeRun,
  openLog,
  showAudit,
  openWorktree,
  reviewChanges,
  snoozeRun,
  extendRun,
  cleanupWorktrees,
  checkpointWorktree,
  removeWorktree,
  createWorkflows,
  setWebhook,
  doctor,
  drill,
  refresh,
};

/** Registers every command; what goes wrong in one is shown once and logged. */
export function registerCommands(warden: Warden): vscode.Disposable[] {
  return Object.entries(acts).map(([name, act]) => {
    const id = commands[name as keyof typeof commands];
    return vscode.commands.registerCommand(id, async (argument: unknown, detail: unknown) => {
      try {
        return await act(warden, argument, detail);
      } catch (error) {
        warden.failures.report(id, error);
        return undefined;
      } finally {
        warden.feed.refresh();
      }
    });
  });
}
