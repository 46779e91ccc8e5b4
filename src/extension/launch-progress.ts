import * as vscode from 'vscode';
import type { LaunchStep } from '../core/errors.ts';
import { describeCopied } from '../core/messages.ts';
import type { Run } from '../core/run.ts';
import { isTerminal } from '../core/run-status.ts';
import type { LaunchOptions } from '../supervisor/launch.ts';
import type { SupervisorInThread } from '../thread/supervisor-in-thread.ts';
import { localized } from './localized.ts';

type OnProgress = NonNullable<LaunchOptions['onProgress']>;

/**
 * Shows the steps of a launch, which may be cancelled.
 * @returns the run; undefined when it was cancelled
 */
export async function withLaunchProgress(
  supervisor: SupervisorInThread,
  title: string,
  launch: (onProgress: OnProgress) => Promise<Run>,
): Promise<Run | undefined> {
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    async (progress, cancellation) => {
      let cancelling: Promise<unknown> = Promise.resolve();
      const run = await launch((step, pending, copied) => {
        const amount = copied === undefined ? '' : `: ${describeCopied(copied, localized)}`;
        progress.report({ message: `${stepWords(step)}${amount}` });
        if (step !== 'queue') return;
        cancellation.onCancellationRequested(() => {
          // That it has ended meanwhile is what was asked for.
          cancelling = supervisor.kill(pending.runId).catch(() => undefined);
        });
      });
      await cancelling;
      return cancellation.isCancellationRequested || isTerminal(run.status) ? undefined : run;
    },
  );
}

function stepWords(step: LaunchStep): string {
  switch (step) {
    case 'queue':
      return vscode.l10n.t('waiting for its turn');
    case 'ports':
      return vscode.l10n.t('finding free ports for it');
    case 'worktree':
      return vscode.l10n.t('making its worktree');
    case 'include':
      return vscode.l10n.t('copying files into its worktree');
    case 'checkpoint':
      return vscode.l10n.t('handing it what the run before it saved');
    case 'setup':
      return vscode.l10n.t('running its setup command');
    case 'start':
      return vscode.l10n.t('starting its command');
  }
}
