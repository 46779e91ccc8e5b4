import { execa } from 'execa';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import type { RunJson } from '../../src/core/run-json.ts';
import { eventually } from '../support/eventually.ts';
import { shell } from '../support/temporary-repository.ts';
import {
  answer,
  contextMenu,
  notification,
  openView,
  pickQuickPickItem,
  statusBarItem,
  treeItem,
  untilTaken,
} from './interactions.ts';
import { type Window, windowTest } from './window.ts';

const entry = path.join(import.meta.dirname, '../../dist/bundle/warden.cjs');

const busy = shell('while :; do date +%N; sleep 0.2; done');

/** While it is there nobody hangs. */
const notYet = ({ repository }: Window): string => path.join(path.dirname(repository), 'not-yet');

const agents = (window: Window) => ({
  asker: { ...shell("printf 'Overwrite main.ts? [y/N] '; exec sleep 600") },
  doomed: { ...busy, timeoutMinutes: 0.4, stuckAfterMinutes: 0.1, onTimeout: 'kill' },
  slow: { ...busy, timeoutMinutes: 1, stuckAfterMinutes: 0.1, onTimeout: 'kill' },
  hung: {
    ...shell(`while [ -e '${notYet(window)}' ]; do date +%N; sleep 0.2; done; exec sleep 600`),
    stuckAfterMinutes: 0.1,
  },
  broken: shell('exit 3'),
});

async function defineAgents(window: Window): Promise<void> {
  const definitions = JSON.stringify({ workflows: agents(window) });
  await writeFile(path.join(window.repository, '.vscode/workflows.json'), definitions);
}

async function warden({ repository, stateFolder }: Window, ...parameters: string[]): Promise<RunJson> {
  const options = { cwd: repository, env: { WARDEN_STATE_DIR: stateFolder, WARDEN_NO_WATCH: '1' } };
  const { stdout } = await execa(process.execPath, [entry, ...parameters, '--json'], options);
  return JSON.parse(stdout) as RunJson;
}

windowTest('people are told once for a run and state, and can answer right there', {}, async (window) => {
  const { page } = window.workbench;
  await defineAgents(window);
  await writeFile(notYet(window), '');
  await openView(page, 'Workflow Warden');
  for (let count = 0; count < 2; count += 1) await warden(window, 'run', 'hung');
  await warden(window, 'run', 'doomed', '--message', 'Write a poem');
  // Nobody gives it more time. It is told for five seconds, whatever is done here at that moment.
  const endsSoon = notification(page, /doomed \(Write a poem\) will be killed at its time limit, in \d+ s/).waitFor();
  endsSoon.catch(() => undefined);
  await warden(window, 'run', 'asker');

  // Who waits is told of with the question; snoozed, it needs nobody.
  const asks = notification(page, /asker waits for you: Overwrite main\.ts\? \[y\/N\]/);
  await answer(asks, 'Open Log');
  await page.getByRole('tab', { name: /output\.log/ }).waitFor();
  await contextMenu(page, treeItem(page, /^asker/, 'Runs'), 'Snooze…');
  const anHour = page.getByRole('option', { name: /^For 1 hour/ });
  await untilTaken(page, 'asker', () => anHour.isVisible());
  await anHour.click();
  await treeItem(page, /^asker, running, snoozed/, 'Runs').waitFor();
  await statusBarItem(page, /Warden: [34] running/).waitFor();

  await endsSoon;
  await notification(page, /doomed \(Write a poem\) was ended by Warden: running for .*; limit 24 s/).waitFor();
  await window.run('doomed', 'terminated');

  // Both are stuck at about the same time, soon after the last that was told.
  await rm(notYet(window));
  const slow = await warden(window, 'run', 'slow');
  const both = notification(page, /2 runs need you: hung is stuck; hung is stuck/);
  await answer(both, 'Snooze…');
  await pickQuickPickItem(page, 'For this run');
  await eventually(async () => (await treeItem(page, /^hung, running, snoozed/, 'Runs').count()) === 2);

  const soon = notification(page, /slow will be killed at its time limit, in \d+ s/);
  await soon.waitFor({ timeout: 90_000 });
  await answer(soon, '+15 min');
  await notification(page, /slow may now take 16 min/).waitFor();
  expect(await warden(window, 'status', slow.run_id)).toMatchObject({ status: 'running', time_limit_minutes: 16 });

  await warden(window, 'run', 'broken');
  await answer(notification(page, /broken failed: the command ended with exit code 3/), 'Restart');
  await eventually(() => window.runs().filter(({ workflow_name }) => workflow_name === 'broken').length === 2);
  // Beyond its first limit.
  await eventually(() => Date.now() > Date.parse(slow.started_at!) + 65_000, 70_000);
  expect(await warden(window, 'status', slow.run_id)).toMatchObject({ status: 'running' });
});

windowTest(
  'nobody is told of what they do not want to hear of',
  { userSettings: { 'warden.notifications.waiting': false, 'warden.notifications.failed': false } },
  async (window) => {
    const { page } = window.workbench;
    await defineAgents(window);
    await openView(page, 'Workflow Warden');
    await warden(window, 'run', 'asker');
    await warden(window, 'run', 'broken');
    await warden(window, 'run', 'hung');
    await treeItem(page, /^asker, running, waits for you/, 'Runs').waitFor();
    // The first that anybody is told of.
    const told = page.getByRole('dialog', { name: /, notification/ });
    await told.first().waitFor();
    expect(await told.count()).toBe(1);
    await notification(page, /hung is stuck/).waitFor();
  },
);
