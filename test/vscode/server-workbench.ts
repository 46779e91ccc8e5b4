import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { eventually } from '../support/eventually.ts';
import { inheritedEnvironment } from './environment.ts';
import { collectExtensionHostLog } from './extension-host-log.ts';
import { onlyExtensionHost } from './extension-host-pid.ts';
import { workbenchReady } from './interactions.ts';
import { descendants } from './processes.ts';
import { startServer, type VSCodeServer } from './server.ts';
import { quietSettings } from './settings.ts';
import { createTemporaryFolder } from './temporary-folder.ts';
import type { Workbench, WorkbenchOptions } from './workbench.ts';

const browsers = ['/usr/bin/google-chrome', '/usr/bin/chromium', '/usr/bin/chromium-browser'];

/** Opens VS Code's own server in a headless Chromium: the one at `CHROME_PATH`, else an installed one. */
export async function openServerWorkbench(options: WorkbenchOptions): Promise<Workbench> {
  const { size = { width: 1280, height: 800 }, workspaceTrust = 'off' } = options;
  const temporary = await createTemporaryFolder();
  const stateDirectory = options.stateDirectory ?? path.join(temporary.path, 'state');
  let server: VSCodeServer | undefined;
  let browser: Browser | undefined;
  const close = async (): Promise<void> => {
    for (const page of browser?.contexts().flatMap((context) => context.pages()) ?? []) await leave(page);
    await browser?.close();
    await server?.stop();
    await temporary.remove();
  };

  try {
    await mkdir(stateDirectory, { recursive: true });
    // VS Code and its git extension leave their sockets behind, in this folder if it is given.
    const own = { WARDEN_STATE_DIR: stateDirectory, XDG_RUNTIME_DIR: temporary.path };
    server = await startServer({
      extension: options,
      environment: { ...inheritedEnvironment(), ...own, ...options.environment },
      userSettings: { ...quietSettings(workspaceTrust), ...options.userSettings },
      directory: path.join(temporary.path, 'server'),
      endWhenUnused: true,
    });
    browser = await launchBrowser();
    const context = await browser.newContext({ viewport: size });
    context.setDefaultTimeout(60_000);
    return await show(await context.newPage(), server, { folder: options.folder, stateDirectory, close });
  } catch (error) {
    await close();
    throw error;
  }
}

async function show(
  first: Page,
  server: VSCodeServer,
  { folder, stateDirectory, close }: { folder: string; stateDirectory: string; close: () => Promise<void> },
): Promise<Workbench> {
  const context = first.context();
  const log: string[] = [];
  const open = async (opened: Page): Promise<void> => {
    collectExtensionHostLog(opened, log);
    // A workbench with unsaved files asks before it is left.
    opened.on('dialog', (dialog) => void dialog.accept().catch(() => undefined));
    await opened.goto(server.address(folder));
    await workbenchReady(opened);
  };
  const extensionHosts = (): number[] =>
    descendants(server.pid)
      .filter((it) => it.commandLine.includes('--type=extensionHost'))
      .map((it) => it.pid);
  await open(first);
  let page = first;
  return {
    get page() {
      return page;
    },
    log,
    stateDirectory,
    close,
    extensionHostPid: () => onlyExtensionHost(() => Promise.resolve(extensionHosts())),
    async screenshot(file) {
      await page.screenshot({ path: file });
    },
    async inNewWindow(openOther, visit) {
      const [opened] = await Promise.all([context.waitForEvent('page'), openOther()]);
      try {
        await workbenchReady(opened);
        await visit(opened);
      } finally {
        await leave(opened);
        await opened.close();
      }
    },
    async reload() {
      await page.reload();
      await workbenchReady(page);
    },
    async closeWindow() {
      await page.close();
      await eventually(() => extensionHosts().length === 0);
    },
    async reopen() {
      page = await context.newPage();
      await open(page);
    },
  };
}

/** Leaving a page tells its extension host to end, so that the extension is deactivated as it is for a user. */
async function leave(page: Page): Promise<void> {
  await page.goto('about:blank', { timeout: 5000 }).catch(() => undefined);
}

async function launchBrowser(): Promise<Browser> {
  const executablePath = process.env['CHROME_PATH'] ?? browsers.find((file) => existsSync(file));
  if (executablePath === undefined) {
    throw new Error('No Chromium was found: apt-get install chromium, or set CHROME_PATH to the program.');
  }
  // Without a sandbox, which neither root nor most containers can have; the only page that it shows is our own.
  const args = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking'];
  return chromium.launch({ executablePath, args });
}
