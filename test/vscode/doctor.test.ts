import { chmod, stat } from 'node:fs/promises';
import { expect } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { leaseNow } from '../support/lease-now.ts';
import { answer, modalDialog, notification, openView, runCommand } from './interactions.ts';
import { windowTest } from './window.ts';

windowTest('the doctor tells what is wrong, and repairs it after a question that lists it', {}, async (window) => {
  const { workbench, stateFolder } = window;
  const { page } = workbench;
  await openView(page, 'Workflow Warden');
  // Whoever opens the state folder sees to its rights himself.
  await eventually(() => leaseNow(stateFolder));
  await chmod(stateFolder, 0o755);

  await runCommand(page, 'Warden: Doctor: Look for What Is Wrong…');
  const told = notification(page, /The doctor found something/);
  await told.getByRole('button', { name: 'Repair…' }).click();
  expect((await stat(stateFolder)).mode & 0o777).toBe(0o755);
  await answer(modalDialog(page, /Repair it\?/), 'Repair');
  await notification(page, /is repaired/).waitFor();
  expect((await stat(stateFolder)).mode & 0o777).toBe(0o700);
});
