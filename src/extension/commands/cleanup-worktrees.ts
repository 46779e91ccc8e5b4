import * as vscode from 'vscode';
import type { CleanupReport } from '../../core/cleanup-report.ts';
import { confirmationOf, isConfirmed } from '../../core/typed-confirmation.ts';
import type { WorktreeEntry } from '../../supervisor/cleanup.ts';
import { cleanupChoices, type CleanupChoice } from '../cleanup-choices.ts';
import { cleanupWords, keptLines } from '../cleanup-words.ts';
import { configuredAge, listWorktrees } from '../list-worktrees.ts';
import { localized } from '../localized.ts';
import { notificationText } from '../notification-text.ts';
import type { Warden } from '../warden.ts';

/** Lists the worktrees of runs that are over, and removes those that somebody picks. Nothing unsafe is picked. */
export async function cleanupWorktrees(warden: Warden): Promise<void> {
  const entries = await listEntries(warden);
  const choices = cleanupChoices(entries, Date.now(), localized);
  if (choices.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('There are no worktrees to clean up.'));
    return;
  }
  const picked = await pick(choices);
  if (picked !== undefined && picked.length > 0) await removeChosen(warden, picked);
}

/** Removes worktrees that somebody has chosen, and tells what became of them. Asks first where one should stay. */
export async function removeChosen(warden: Warden, picked: readonly CleanupChoice[]): Promise<void> {
  const unsafe = picked.filter(({ verdict }) => verdict === 'unsafe');
  let why = '';
  if (unsafe.length > 0) {
    if (!(await confirm(unsafe))) return;
    const reason = await askWhy();
    if (reason === undefined) return;
    why = reason;
  }
  await remove(warden, picked, why);
  warden.worktreesTree.refresh();
}

async function listEntries(warden: Warden): Promise<WorktreeEntry[]> {
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: vscode.l10n.t('Looking at the worktrees…') },
    () => listWorktrees(warden),
  );
}

interface ChoiceItem extends vscode.QuickPickItem {
  readonly choice?: CleanupChoice;
}

async function pick(choices: readonly CleanupChoice[]): Promise<readonly CleanupChoice[] | undefined> {
  const titles = {
    safe: vscode.l10n.t('Can be removed'),
    unsafe: vscode.l10n.t('Only if you insist'),
    kept: vscode.l10n.t('Stays in any case'),
  } as const;
  const items = (['safe', 'unsafe', 'kept'] as const).flatMap((verdict): ChoiceItem[] => {
    const group = choices.filter((choice) => choice.verdict === verdict);
    if (group.length === 0) return [];
    return [
      { label: titles[verdict], kind: vscode.QuickPickItemKind.Separator },
      ...group.map((choice) => ({
        label: choice.label,
        description: choice.description,
        detail: choice.detail,
        picked: verdict === 'safe',
        choice,
      })),
    ];
  });
  const picked = await vscode.window.showQuickPick<ChoiceItem>(items, {
    canPickMany: true,
    ignoreFocusOut: true,
    title: vscode.l10n.t('Clean Up Orphaned Worktrees'),
    placeHolder: vscode.l10n.t('Tick the worktrees to remove'),
  });
  return picked?.map(({ choice }) => choice).filter((choice) => choice !== undefined);
}

/**
 * Tells what speaks against it, and has whoever insists type the run, or the number of worktrees.
 */
async function confirm(unsafe: readonly CleanupChoice[]): Promise<boolean> {
  const goOn = vscode.l10n.t('Remove Anyway');
  const detail = unsafe.map(({ label, detail: reasons }) => `${label}: ${reasons}`).join('\n');
  const title =
    unsafe.length === 1
      ? vscode.l10n.t('Remove a worktree that should stay?')
      : vscode.l10n.t('Remove {0} worktrees that should stay?', unsafe.length);
  const chosen = await vscode.window.showWarningMessage(
    title,
    { modal: true, detail: `${detail}\n\n${vscode.l10n.t('The work in it is kept in a checkpoint first.')}` },
    goOn,
  );
  if (chosen !== goOn) return false;
  const words = confirmationOf(unsafe);
  const prompt = vscode.l10n.t('Type {0} to remove what should stay.', words);
  const typed = await vscode.window.showInputBox({
    title,
    prompt,
    ignoreFocusOut: true,
    validateInput: (text) => (isConfirmed(text, unsafe) ? undefined : prompt),
  });
  return typed !== undefined && isConfirmed(typed, unsafe);
}

/** @returns undefined when somebody thinks better of it */
async function askWhy(): Promise<string | undefined> {
  const why = await vscode.window.showInputBox({
    title: vscode.l10n.t('Why?'),
    prompt: vscode.l10n.t('The audit keeps it. It may be empty.'),
    ignoreFocusOut: true,
  });
  return why?.trim();
}

/**
 * Tells what became of them, also of those before one with which something went wrong.
 * @param why somebody insists on the removal of those that should stay
 */
async function remove(warden: Warden, picked: readonly CleanupChoice[], why: string): Promise<void> {
  const supervisor = await warden.access.get();
  const title = vscode.l10n.t('Removing worktrees');
  const reports: CleanupReport[] = [];
  const removing = vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    async (progress, cancellation) => {
      const aborting = new AbortController();
      cancellation.onCancellationRequested(() => aborting.abort());
      for (const { directory, force, only } of requestsFor(picked)) {
        reports.push(
          await supervisor.cleanup({
            directory,
            force,
            ...(force && why !== '' ? { why } : {}),
            only,
            maxAgeHours: configuredAge(),
            dryRun: false,
            signal: aborting.signal,
            onProgress: (_done, _total, { worktree }) =>
              progress.report({ message: worktree.path, increment: 100 / picked.length }),
          }),
        );
      }
    },
  );
  try {
    await removing;
  } finally {
    const removed = reports.flatMap((report) => report.removed);
    const kept = reports.flatMap((report) => report.kept);
    if (reports.length > 0) tell(warden, { dryRun: false, removed, kept });
  }
}

/** One request for each repository, and one more where somebody insists. */
function requestsFor(picked: readonly CleanupChoice[]) {
  const repositories = [...new Set(picked.map(({ repository }) => repository))];
  return repositories
    .flatMap((directory) =>
      [false, true].map((force) => ({
        directory,
        force,
        only: picked
          .filter(({ repository, verdict }) => repository === directory && (verdict === 'unsafe') === force)
          .map(({ path }) => path),
      })),
    )
    .filter(({ only }) => only.length > 0);
}

function tell(warden: Warden, report: CleanupReport): void {
  for (const { path, checkpoint } of report.removed)
    warden.log.info(`removed ${path}, checkpoint: ${checkpoint ?? 'not needed'}`);
  for (const line of keptLines(report, localized)) warden.log.warn(`kept ${line}`);
  const words = notificationText(cleanupWords(report, localized));
  if (report.kept.length === 0) void vscode.window.showInformationMessage(words);
  else void vscode.window.showWarningMessage(words);
}
