import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { shell } from '../support/temporary-repository.ts';
import { answer, clickInlineAction, contextMenu, hover, modalDialog, notification } from './interactions.ts';
import { openView, pickQuickPickItem, runCommand, tooltip, treeItem, untilTaken } from './interactions.ts';
import { windowTest } from './window.ts';

/** 2 MB that no file system can make smaller, and two letters that are not ASCII. */
const worker = shell("head -c 2000000 /dev/urandom > big; printf 'ä\\000ö' > work.bin");

windowTest(
  'a worktree is seen with size and reason, kept, removed and restored, and the bytes are back',
  { userSettings: { 'workbench.hover.delay': 100 } },
  async (window) => {
    const { page } = window.workbench;
    const definitions = { worktreeBudgetGigabytes: 0.001, workflows: { worker } };
    await writeFile(path.join(window.repository, '.vscode/workflows.json'), JSON.stringify(definitions));
    await openView(page, 'Workflow Warden');
    await runCommand(page, 'Warden: Start Run…');
    await pickQuickPickItem(page, /^worker/);
    await page.getByText(/Press 'Enter' to confirm/).waitFor();
    await page.keyboard.press('Enter');
    const run = await window.run('worker', 'completed');
    const worktree = run.worktree_path!;
    const before = await readFile(path.join(worktree, 'big'));

    await treeItem(page, 'For You to Decide, 1', 'Worktrees').waitFor();
    const row = treeItem(page, /^worker · 2.* MB, 2 files are not committed; its run ended/, 'Worktrees');
    await row.waitFor();
    await page.getByText(/Warning, over budget: 2.* MB of a budget of 1 MB/).waitFor();
    await hover(row, tooltip(page, /Goes only if you insist[^]*its run ended .* ago[^]*2 files are not committed/));

    await contextMenu(page, row, 'Checkpoint Now');
    const kept = notification(page, /is kept in refs\/warden\/checkpoints\/.*\/1/);
    await untilTaken(page, 'worker', () => kept.isVisible());

    await runCommand(page, 'Warden: Remove Worktree…');
    await pickQuickPickItem(page, /2 files are not committed/);
    await answer(modalDialog(page, /Remove a worktree that should stay\?/), 'Remove Anyway');
    await page.getByText(`Type ${run.run_id} to remove what should stay.`).first().waitFor();
    await page.keyboard.type(run.run_id);
    await page.keyboard.press('Enter');
    await page
      .getByText(/The audit keeps it/)
      .first()
      .waitFor();
    await page.keyboard.type('its disk is needed');
    await page.keyboard.press('Enter');
    await notification(page, /Removed one worktree \(2.* MB\)/).waitFor();
    expect(existsSync(worktree)).toBe(false);
    expect(await readFile(path.join(window.stateFolder, 'audit.jsonl'), 'utf8')).toContain('"its disk is needed"');

    await treeItem(page, 'Removed, Work Kept, 1', 'Worktrees').click();
    await clickInlineAction(treeItem(page, /^worker, .* ago, one checkpoint/, 'Worktrees'), 'Restore Work…');
    await pickQuickPickItem(page, /^Checkpoint 1/);
    const restored = `${worktree}-restored-1`;
    await eventually(() => existsSync(path.join(restored, 'work.bin')));
    await treeItem(page, /^worker · 2.* MB, restored · 2 files are not committed/, 'Worktrees').waitFor();
    expect((await readFile(path.join(restored, 'big'))).equals(before)).toBe(true);
    expect(await readFile(path.join(restored, 'work.bin'), 'utf8')).toBe('ä\0ö');
  },
);
