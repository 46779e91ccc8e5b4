// `npm run screenshots`: makes the README's picture in a real VS Code, from the sample repository.
import path from 'node:path';
import { openSupervisor } from '../../src/open-supervisor.ts';
import { sampleRepository } from '../sample/sample-repository.ts';
import { eventually } from '../support/eventually.ts';
import { notification, openView, statusBarItem } from './interactions.ts';
import { openWorkbench } from './workbench.ts';

const root = path.join(import.meta.dirname, '../..');

await using sample = await sampleRepository();
const supervisor = await openSupervisor({
  face: 'cli',
  diagnostics: { failed: (during, error) => console.error(`${during}:`, error) },
  environment: { ...process.env, WARDEN_STATE_DIR: sample.stateFolder },
});
const start = (workflowName: string): ReturnType<typeof supervisor.run> =>
  supervisor.run({ workflowName, directory: sample.path, message: 'Say hello' });
const endRuns = async (): Promise<void> => {
  const { runs } = await supervisor.list({ statuses: ['pending', 'running', 'terminating'] });
  await Promise.all(runs.map(({ run }) => supervisor.kill(run.runId, { force: true })));
};
try {
  await supervisor.wait((await start('finisher')).runId);
  await supervisor.wait((await start('editor')).runId);
  const killed = await start('hanger');
  await supervisor.kill(killed.runId);
  const workbench = await openWorkbench({
    extensionPath: root,
    folder: sample.path,
    stateDirectory: sample.stateFolder,
    size: { width: 1100, height: 560 },
  });
  try {
    await start('hanger');
    await start('stubborn');
    await openView(workbench.page, 'Workflow Warden');
    await statusBarItem(workbench.page, /Warden: 2 need you/).waitFor({ timeout: 60_000 });
    const busy = await start('finisher');
    await eventually(async () => (await supervisor.status(busy.runId)).lastLine);
    // The tree is read again two seconds later at the latest.
    await workbench.page
      .getByRole('treeitem', { name: /finisher.*running/i })
      .first()
      .waitFor();
    // Nothing shows a hint of its own under a mouse that is out of the way.
    await workbench.page.mouse.move(700, 300);
    await workbench.page.getByRole('tooltip').first().waitFor({ state: 'hidden' });
    await notification(workbench.page, /2 runs need you/).waitFor();
    // While a view is read its badge is a sign of that, not the number.
    await workbench.page
      .getByRole('tab', { name: /^Workflow Warden/ })
      .getByText('2', { exact: true })
      .waitFor();
    await workbench.screenshot(path.join(root, 'media', 'screenshot.png'));
  } finally {
    // A window that is closed while runs live would have one stand in for it, in a folder that goes.
    await endRuns();
    await workbench.close();
  }
} finally {
  await endRuns();
  await supervisor.dispose();
}
