import { expect } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { pickQuickPickItem, runCommand } from './interactions.ts';
import { windowTest } from './window.ts';

const port = await freePort();
const isServed = (): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/api/v1/health/live`).then(
    ({ ok }) => ok,
    () => false,
  );

windowTest(
  'a window serves where its settings name a port, and offers its tools to the agents of VS Code',
  { userSettings: { 'warden.server.port': port, 'chat.disableAIFeatures': false } },
  async ({ workbench: { page } }) => {
    expect(await eventually(isServed)).toBe(true);
    await runCommand(page, 'MCP: List Servers');
    await pickQuickPickItem(page, /^Workflow Warden/);
    await pickQuickPickItem(page, 'Start Server');
    await page.getByText(/Discovered\s9\stools/).waitFor();
  },
);
