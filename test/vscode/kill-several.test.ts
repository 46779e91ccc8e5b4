import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { claimant } from '../support/claimant.ts';
import { processesOf } from '../support/run-processes.ts';
import { shell } from '../support/temporary-repository.ts';
import {
  acceptQuickPick,
  answer,
  contextMenu,
  modalDialog,
  notification,
  openView,
  runCommand,
  statusBarItem,
  treeItem,
  untilTaken,
} from './interactions.ts';
import { type Window, windowTest } from './window.ts';

const hang = shell('exec sleep 600');

async function startedRuns(window: Window, ...workflows: readonly string[]): Promise<void> {
  const { page } = window.workbench;
  const definitions = Object.fromEntries(workflows.map((name) => [name, hang]));
  await writeFile(path.join(window.repository, '.vscode/workflows.json'), JSON.stringify({ workflows: definitions }));
  for (const name of workflows) {
    await runCommand(page, 'Warden: Start Run…');
    await page
      .getByRole('option', { name: new RegExp(`^${name}`) })
      .first()
      .click();
    await page.getByText(/Press 'Enter' to confirm/).waitFor();
    await page.keyboard.press('Enter');
    await eventually(() => window.runs().some((run) => run.workflow_name === name && run.status === 'running'));
  }
}

windowTest('several runs are ticked, shown with what is at stake, and killed at once', {}, async (window) => {
  const { page } = window.workbench;
  await startedRuns(window, 'one', 'two', 'three', 'four');
  const [one, two, three, four] = window.runs();
  await writeFile(path.join(one!.worktree_path!, 'new.txt'), 'new');

  await runCommand(page, 'Warden: Kill Several Runs…');
  for (const name of ['one', 'two']) {
    const row = page
      .getByRole('listbox')
      .getByRole('checkbox', { name: new RegExp(`${name} ·`) })
      .first();
    await row.click();
  }
  await acceptQuickPick(page);
  const question = modalDialog(page, /Kill 2 runs\?/);
  await question.getByText(/one: running for .*one new file is not committed/).waitFor();
  await answer(question, 'Kill');

  await notification(page, /2 runs were ended, and nothing of them is left/).waitFor();
  expect([one!, two!].flatMap(({ run_id }) => processesOf(run_id))).toEqual([]);
  expect(processesOf(three!.run_id).length).toBeGreaterThan(0);
  expect(existsSync(path.join(one!.worktree_path!, 'new.txt'))).toBe(true);

  // The same for those that are selected in the tree.
  await openView(page, 'Workflow Warden');
  // Rows move when those that were ended leave, and a click is to meet the one that it was meant for.
  await treeItem(page, 'Recent, 2 runs', 'Runs').waitFor();
  const both = modalDialog(page, /Kill 2 runs\?/);
  await eventually(async () => {
    await treeItem(page, /^three, running/, 'Runs').click();
    await treeItem(page, /^four, running/, 'Runs').click({ modifiers: ['ControlOrMeta'] });
    await contextMenu(page, treeItem(page, /^four, running/, 'Runs'), 'Kill Run');
    const asked = page.getByPlaceholder('Pick a run');
    await both.or(asked).waitFor();
    // While the tree was read anew it knew nothing of a selection.
    if (await asked.isVisible()) await page.keyboard.press('Escape');
    return both.isVisible();
  });
  await answer(both, 'Kill');
  await eventually(() => [three!, four!].flatMap(({ run_id }) => processesOf(run_id)).length === 0);
});

windowTest(
  'a run with work that is not committed is killed after a question, which says what stays',
  {},
  async (window) => {
    const { page } = window.workbench;
    await startedRuns(window, 'one');
    const [one] = window.runs();
    await writeFile(path.join(one!.worktree_path!, 'new.txt'), 'new');
    await openView(page, 'Workflow Warden');

    const question = modalDialog(page, /Kill one\?/);
    await contextMenu(page, treeItem(page, /^one/, 'Runs').first(), 'Kill Run');
    await untilTaken(page, 'one', () => question.isVisible());
    await question.getByText(/one new file is not committed/).waitFor();
    await answer(question, 'Cancel');
    expect(processesOf(one!.run_id).length).toBeGreaterThan(0);

    await contextMenu(page, treeItem(page, /^one/, 'Runs').first(), 'Kill Run');
    await untilTaken(page, 'one', () => question.isVisible());
    await answer(question, 'Kill');
    await notification(page, /one gracefully terminated/).waitFor();
    expect(processesOf(one!.run_id)).toEqual([]);
  },
);

windowTest('a process that outlives its run is told above the tree and in the status bar', {}, async (window) => {
  const { page } = window.workbench;
  await startedRuns(window, 'one');
  const [one] = window.runs();
  await openView(page, 'Workflow Warden');
  await contextMenu(page, treeItem(page, /^one/, 'Runs').first(), 'Kill Run');
  await untilTaken(page, 'one', () => window.runs().some(({ status }) => status === 'terminated'));
  await statusBarItem(page, /Warden:/).waitFor({ state: 'hidden' });

  await using orphan = await claimant(window, one!.run_id);
  await runCommand(page, 'Warden: Refresh');

  await page
    .getByText(`Critical: one process outlives its run: pid ${orphan.pid} (sleep) of ${one!.run_id}.`)
    .first()
    .waitFor();
  await statusBarItem(page, /Warden: 1 alert/).waitFor();
});
