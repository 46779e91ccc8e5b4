import * as vscode from 'vscode';
import { describeDrill } from '../../core/describe-drill.ts';
import { isDrillPassed } from '../../core/drill.ts';
import { requireTrust } from '../launch-context.ts';
import { localized } from '../localized.ts';
import type { Warden } from '../warden.ts';

/** Kills a tree of processes that is hard to end, on this very machine, and shows what was seen. */
export async function drill(warden: Warden): Promise<void> {
  requireTrust();
  const supervisor = await warden.access.get();
  const report = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: vscode.l10n.t('Drill') },
    (progress) => {
      progress.report({ message: vscode.l10n.t('starting a tree of processes that is hard to end …') });
      return supervisor.drill(() => {
        progress.report({ message: vscode.l10n.t('it stands, and is killed …') });
        warden.feed.refresh();
      });
    },
  );
  const lines = describeDrill(report, localized);
  warden.log.info([vscode.l10n.t('Drill'), ...lines].join('\n'));
  const show = vscode.l10n.t('Show the Proof');
  const last = lines.at(-1) ?? '';
  const chosen = isDrillPassed(report)
    ? await vscode.window.showInformationMessage(last, show)
    : await vscode.window.showWarningMessage(last, show);
  if (chosen === show) warden.log.show();
}
