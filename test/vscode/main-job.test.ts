import { existsSync } from 'node:fs';
import { expect } from 'vitest';
import { processesOf } from '../support/run-processes.ts';
import {
  acceptQuickPick,
  answer,
  answerTrustPrompt,
  clickInlineAction,
  contextMenu,
  modalDialog,
  notification,
  openView,
  pickQuickPickItem,
  quickPickCheckbox,
  runCommand,
  statusBarItem,
  treeItem,
  trustWorkspace,
  typeInInput,
  untilTaken,
} from './interactions.ts';
import { type Window, windowTest } from './window.ts';

async function startFromPalette(
  { workbench: { page } }: Window,
  workflow: string,
  message = 'Say hello',
): Promise<void> {
  await runCommand(page, 'Warden: Start Run…');
  await pickQuickPickItem(page, new RegExp(`^${workflow}`));
  await typeInInput(page, message);
}

windowTest(
  'a run is started from the palette, seen, killed by right-click with its processes gone, and restarted',
  {},
  async (window) => {
    const { page } = window.workbench;
    await startFromPalette(window, 'hanger');
    const run = await window.run('hanger', 'running');
    await openView(page, 'Workflow Warden');
    const item = treeItem(page, /^hanger/, 'Runs').first();
    await item.waitFor();
    expect(processesOf(run.run_id).length).toBeGreaterThan(0);

    await contextMenu(page, item, 'Kill Run');
    await untilTaken(page, 'hanger', () => window.runs().some(({ status }) => status === 'terminated'));
    await notification(page, /hanger gracefully terminated/).waitFor();
    expect(processesOf(run.run_id)).toEqual([]);
    expect((await window.run('hanger', 'terminated')).run_id).toBe(run.run_id);

    await contextMenu(page, treeItem(page, /^hanger/, 'Runs').first(), 'Show Audit');
    const shown = page.getByText(/^20.*Z\s+kill\s+done\s+\S+\s+\(vscode\)/);
    await untilTaken(page, 'hanger', () => shown.isVisible());

    await clickInlineAction(treeItem(page, /^hanger/, 'Runs').first(), 'Restart Run');
    await untilTaken(page, 'hanger', () => window.runs().length > 1);
    const again = await window.run('hanger', 'running');
    expect(again.restarted_from).toBe(run.run_id);
    expect(processesOf(again.run_id).length).toBeGreaterThan(0);
  },
);

windowTest(
  'a run that hangs turns the status bar to a warning and asks once what to do; Kill kills it',
  {},
  async (window) => {
    const { page } = window.workbench;
    await startFromPalette(window, 'stubborn');
    const run = await window.run('stubborn', 'running');
    await statusBarItem(page, /Warden: 1 running/).waitFor();
    await statusBarItem(page, /Warden: 1 needs you/).waitFor({ timeout: 30_000 });
    const question = notification(page, /stubborn/).filter({ has: page.getByRole('button', { name: 'Snooze' }) });
    await question.waitFor();
    expect(await question.count()).toBe(1);
    await answer(question, 'Kill');
    await window.run('stubborn', 'killed');
    expect(processesOf(run.run_id)).toEqual([]);
    await statusBarItem(page, /Warden:/).waitFor({ state: 'hidden' });
  },
);

windowTest('force kill asks first and does not wait', {}, async (window) => {
  const { page } = window.workbench;
  await startFromPalette(window, 'stubborn');
  const run = await window.run('stubborn', 'running');
  await openView(page, 'Workflow Warden');
  const question = modalDialog(page, /Force kill stubborn\?/);
  await contextMenu(page, treeItem(page, /^stubborn/, 'Runs').first(), 'Force Kill Run');
  await untilTaken(page, 'stubborn', () => question.isVisible());
  await answer(question, 'Force Kill');
  await window.run('stubborn', 'killed');
  expect(processesOf(run.run_id)).toEqual([]);
});

windowTest(
  'cleanup ticks only what is safe, removes it, and keeps what has work in it',
  { userSettings: { 'warden.cleanup.maxAgeHours': 0 } },
  async (window) => {
    const { page } = window.workbench;
    await startFromPalette(window, 'editor');
    const clean = await window.run('editor', 'completed');
    await startFromPalette(window, 'finisher');
    const dirty = await window.run('finisher', 'completed');

    await runCommand(page, 'Warden: Clean Up Orphaned Worktrees…');
    const tick = quickPickCheckbox(page, `editor-${clean.run_id.slice(4)}`);
    await tick.waitFor();
    expect(await tick.isChecked()).toBe(true);
    expect(await quickPickCheckbox(page, `finisher-${dirty.run_id.slice(4)}`).isChecked()).toBe(false);
    await acceptQuickPick(page);
    await notification(page, /Removed one worktree/).waitFor();
    expect(existsSync(clean.worktree_path!)).toBe(false);
    expect(existsSync(dirty.worktree_path!)).toBe(true);
  },
);

windowTest(
  'in a workspace that is not trusted nothing can be started, until it is',
  { workspaceTrust: 'ask' },
  async (window) => {
    const { page } = window.workbench;
    await answerTrustPrompt(page, false);
    await page.getByRole('tab', { name: /^Workflow Warden/ }).waitFor({ timeout: 60_000 });
    await runCommand(page, 'Warden: Start Run…');
    await notification(page, /trust/i).waitFor();
    expect(window.runs()).toEqual([]);
    await trustWorkspace(page);
    await startFromPalette(window, 'finisher');
    await window.run('finisher', 'completed');
  },
);
