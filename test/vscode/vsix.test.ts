import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { processesOf } from '../support/run-processes.ts';
import { contextMenu, openView, pickQuickPickItem, runCommand } from './interactions.ts';
import { treeItem, typeInInput, untilTaken } from './interactions.ts';
import { windowTest } from './window.ts';

const vsix = path.join(import.meta.dirname, '../../dist/workflow-warden.vsix');

windowTest('the VSIX installs, and the path from start to kill works from it', { vsix }, async (window) => {
  expect(existsSync(vsix), 'make it with "npm run package" first').toBe(true);
  const { page } = window.workbench;
  await runCommand(page, 'Warden: Start Run…');
  await pickQuickPickItem(page, /^hanger/);
  await typeInInput(page, '');
  const run = await window.run('hanger', 'running');
  await openView(page, 'Workflow Warden');
  await contextMenu(page, treeItem(page, /^hanger/, 'Runs').first(), 'Kill Run');
  await untilTaken(page, 'hanger', () => window.runs().some(({ status }) => status === 'terminated'));
  expect(processesOf(run.run_id)).toEqual([]);
});
