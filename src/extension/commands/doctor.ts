import * as vscode from 'vscode';
import { type DoctorReport, type ExaminedFinding, findingKey, isHealthy } from '../../core/diagnosis.ts';
import { areaOf, describeFinding, findingAreas } from '../../core/diagnosis-words.ts';
import { requireTrust } from '../launch-context.ts';
import { localized } from '../localized.ts';
import type { Warden } from '../warden.ts';

/** Looks for what is wrong, shows it in the log, and repairs what a person agrees to. */
export async function doctor(warden: Warden): Promise<void> {
  const directories = await warden.repositories.find();
  const report = await examined(warden, directories, []);
  show(warden, report);
  const repairable = report.findings.filter(({ finding }) => finding.isRepairable);
  if (!(await wantsRepairs(report, repairable.length))) return;
  requireTrust();
  if (!(await confirm(repairable))) return;
  // Only what was shown: what has gone wrong since then has not been agreed to.
  const repaired = await examined(
    warden,
    directories,
    repairable.map(({ finding }) => findingKey(finding)),
  );
  show(warden, repaired);
  if (isHealthy(repaired)) void vscode.window.showInformationMessage(vscode.l10n.t('What was wrong is repaired.'));
  else void vscode.window.showWarningMessage(vscode.l10n.t('Not all is repaired. The log says what is left.'));
}

async function examined(
  warden: Warden,
  directories: readonly string[],
  repair: readonly string[],
): Promise<DoctorReport> {
  const supervisor = await warden.access.get();
  const title = vscode.l10n.t('Doctor');
  // Only what came of it is a notification: VS Code does not show a fourth one that comes within 0.8 s.
  return vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, (progress) =>
    supervisor.doctor({
      directories,
      repair,
      onProgress: (finding) => progress.report({ message: describeFinding(finding, localized).detail }),
    }),
  );
}

/** Into the log, where it can be read and nothing in it changed. */
function show({ log }: Warden, { findings }: DoctorReport): void {
  const sorted = findingAreas.flatMap((area) => findings.filter(({ finding }) => areaOf(finding) === area));
  const lines = findings.length === 0 ? [vscode.l10n.t('Nothing is wrong.')] : sorted.map(lineOf);
  log.info([vscode.l10n.t('Doctor'), ...lines].join('\n'));
  log.show(true);
}

function lineOf({ finding, repaired, failure }: ExaminedFinding): string {
  const { detail, remedy } = describeFinding(finding, localized);
  const state = repaired === true ? vscode.l10n.t('repaired') : finding.severity;
  const next = repaired === false ? (failure ?? vscode.l10n.t('the repair did not help')) : remedy;
  return `[${state}] ${detail}\n    ${next}`;
}

async function wantsRepairs(report: DoctorReport, repairable: number): Promise<boolean> {
  if (isHealthy(report) && repairable === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('Nothing is wrong.'));
    return false;
  }
  const found = vscode.l10n.t('The doctor found something. The log says what, and what a repair does.');
  if (repairable === 0) {
    void vscode.window.showWarningMessage(found);
    return false;
  }
  const repair = vscode.l10n.t('Repair…');
  return (await vscode.window.showWarningMessage(found, repair)) === repair;
}

async function confirm(repairable: readonly ExaminedFinding[]): Promise<boolean> {
  const repair = vscode.l10n.t('Repair');
  const detail = repairable
    .map(({ finding }) => describeFinding(finding, localized))
    .map((words) => `${words.detail}\n→ ${words.remedy}`)
    .join('\n\n');
  const question =
    repairable.length === 1 ? vscode.l10n.t('Repair it?') : vscode.l10n.t('Repair these {0}?', repairable.length);
  return (await vscode.window.showWarningMessage(question, { modal: true, detail }, repair)) === repair;
}
