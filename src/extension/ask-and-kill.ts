import * as vscode from 'vscode';
import { isWardenError } from '../core/errors.ts';
import type { Impact } from '../core/impact.ts';
import type { KillReport } from '../core/kill-report.ts';
import { describeKill } from '../core/messages.ts';
import type { RunId } from '../core/run-id.ts';
import { killAndTell } from './kill-and-tell.ts';
import { killQuestionDetail } from './kill-question.ts';
import { localized } from './localized.ts';
import { notificationText } from './notification-text.ts';
import type { Warden } from './warden.ts';

/** Shows what is at stake of some runs, asks, and kills them all at once. */
export async function askAndKill(warden: Warden, runIds: readonly RunId[]): Promise<void> {
  const supervisor = await warden.access.get();
  const impacts = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: vscode.l10n.t('Looking at what is at stake…') },
    () => supervisor.impactOf(runIds),
  );
  if (!(await isConfirmed(impacts))) return;
  const [only] = impacts;
  if (impacts.length === 1 && only !== undefined) await killAndTell(warden, only, false);
  else tell(await killAll(warden, runIds));
}

/** Asks whether runs are to be killed, with what is at stake. */
export async function isConfirmed(impacts: readonly Impact[]): Promise<boolean> {
  const kill = vscode.l10n.t('Kill');
  const question =
    impacts.length === 1
      ? vscode.l10n.t('Kill {0}?', impacts[0]?.workflowName ?? '')
      : vscode.l10n.t('Kill {0} runs?', impacts.length);
  const detail = killQuestionDetail(impacts, localized);
  return (await vscode.window.showWarningMessage(question, { modal: true, detail }, kill)) === kill;
}

/** What became of some kills. */
interface Outcome {
  readonly asked: number;
  readonly ended: number;
  readonly reports: readonly KillReport[];
}

async function killAll(warden: Warden, runIds: readonly RunId[]): Promise<Outcome> {
  const supervisor = await warden.access.get();
  const title = vscode.l10n.t('Stopping {0} runs…', runIds.length);
  return vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title }, async (progress) => {
    const reports: KillReport[] = [];
    let ended = 0;
    const killOne = async (runId: RunId): Promise<void> => {
      try {
        const report = await supervisor.kill(runId);
        reports.push(report);
        if (report.success) ended += 1;
      } catch (error) {
        // One that ended by itself meanwhile is ended; any other does not keep the rest from being told.
        if (isWardenError(error, 'run_is_over')) ended += 1;
        else warden.failures.report(vscode.l10n.t('killing {0}', runId), error);
      }
      progress.report({ increment: 100 / runIds.length, message: vscode.l10n.t('{0} of {1}', ended, runIds.length) });
    };
    await Promise.all(runIds.map(killOne));
    return { asked: runIds.length, ended, reports };
  });
}

function tell({ asked, ended, reports }: Outcome): void {
  if (ended === asked) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('{0} runs were ended, and nothing of them is left.', asked),
    );
    return;
  }
  const survived = reports.filter(({ success }) => !success).map((report) => describeKill(report, localized));
  // What failed otherwise was told by itself, and is not tried again.
  const outlook = survived.length === 0 ? [] : [vscode.l10n.t('It is tried again')];
  const words = [vscode.l10n.t('{0} of {1} runs were ended', ended, asked), ...survived, ...outlook].join('. ');
  void vscode.window.showErrorMessage(notificationText(`${words}.`));
}
