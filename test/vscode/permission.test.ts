import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { processesOf } from '../support/run-processes.ts';
import { answer, notification, pickQuickPickItem, runCommand, typeInInput } from './interactions.ts';
import { windowTest } from './window.ts';

const warden = path.join(import.meta.dirname, '../../dist/bundle/warden.cjs');

windowTest('a run may not kill itself, but may ask for it: a person allows it', {}, async (window) => {
  const { page } = window.workbench;
  const line = '"$1" "$2" kill "$WARDEN_RUN_ID" --ask --reason "my work is done"; exec sleep 600';
  const asker = { command: ['sh', '-c', line, 'asker', process.execPath, warden] };
  await writeFile(path.join(window.repository, '.vscode/workflows.json'), JSON.stringify({ workflows: { asker } }));
  await runCommand(page, 'Warden: Start Run…');
  await pickQuickPickItem(page, /^asker/);
  await typeInInput(page, '');
  const { run_id } = await window.run('asker', 'running');

  const question = notification(page, /asker .* asks to be killed\. It says: my work is done/);
  await question.waitFor();
  expect(processesOf(run_id).length).toBeGreaterThan(0);
  await answer(question, 'Allow');
  expect((await window.run('asker', 'terminated')).run_id).toBe(run_id);
  expect(processesOf(run_id)).toEqual([]);
});
