import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { downloadAndUnzipVSCode, runVSCodeCommand } from '@vscode/test-electron';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';
import { inheritedEnvironment } from './environment.ts';
import { collectExtensionHostLog } from './extension-host-log.ts';
import { onlyExtensionHost } from './extension-host-pid.ts';
import { runCommand, workbenchReady } from './interactions.ts';
import { quietSettings } from './settings.ts';
import { createTemporaryFolder } from './temporary-folder.ts';
import type { Workbench, WorkbenchOptions } from './workbench.ts';

const download = {
  version: process.env['WARDEN_TEST_VSCODE_VERSION'] ?? 'stable',
  cachePath: path.join(import.meta.dirname, '../../.vscode-test'),
};

/** Opens desktop VS Code: the version in `WARDEN_TEST_VSCODE_VERSION`, else the newest. */
export async function openDesktopWorkbench(options: WorkbenchOptions): Promise<Workbench> {
  if (process.platform === 'linux' && !process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY']) {
    throw new Error('Desktop VS Code needs a display: run this with `xvfb-run -a`, or with WARDEN_TEST_VSCODE=server.');
  }
  const { workspaceTrust = 'off' } = options;
  const executablePath = await downloadVSCode();
  const temporary = await createTemporaryFolder();
  const stateDirectory = options.stateDirectory ?? path.join(temporary.path, 'state');
  const userData = path.join(temporary.path, 'user');
  const args = ['--user-data-dir', userData, '--extensions-dir', path.join(temporary.path, 'extensions')];
  let app: ElectronApplication | undefined;
  const closeWindow = async (): Promise<void> => {
    if (app !== undefined) await end(app);
    app = undefined;
  };
  const close = async (): Promise<void> => {
    await closeWindow();
    await temporary.remove();
  };

  try {
    await mkdir(stateDirectory, { recursive: true });
    await mkdir(path.join(userData, 'User'), { recursive: true });
    const settings = { ...quietSettings(workspaceTrust), ...options.userSettings };
    await writeFile(path.join(userData, 'User/settings.json'), JSON.stringify(settings, undefined, 2));
    if ('vsix' in options) {
      await runVSCodeCommand([...args, '--install-extension', path.resolve(options.vsix)], download);
    } else {
      args.push(`--extensionDevelopmentPath=${path.resolve(options.extensionPath)}`);
    }
    const launch = async (): Promise<ElectronApplication> => {
      app = await _electron.launch({
        executablePath,
        args: [...args, ...quietFlags, path.resolve(options.folder)],
        env: { ...inheritedEnvironment(), WARDEN_STATE_DIR: stateDirectory, ...options.environment },
      });
      return app;
    };
    return await show(launch, options, { stateDirectory, close, closeWindow });
  } catch (error) {
    await close();
    throw error;
  }
}

/** The first two as in @vscode/test-electron: there is no sandbox for root and in most containers. */
const quietFlags = [
  '--no-sandbox',
  '--disable-gpu-sandbox',
  '--disable-updates',
  '--disable-telemetry',
  '--disable-experiments',
  '--no-cached-data',
  '--skip-welcome',
  '--skip-release-notes',
  '--use-inmemory-secretstorage',
  '--new-window',
];

async function downloadVSCode(): Promise<string> {
  try {
    return await downloadAndUnzipVSCode(download);
  } catch (error) {
    throw new Error(
      `VS Code ${download.version} could not be downloaded: ${error instanceof Error ? error.message : String(error)}\n` +
        'Where there is no way to its download server, run this with WARDEN_TEST_VSCODE=server.',
      { cause: error },
    );
  }
}

async function show(
  launch: () => Promise<ElectronApplication>,
  options: WorkbenchOptions,
  ends: { stateDirectory: string; close: () => Promise<void>; closeWindow: () => Promise<void> },
): Promise<Workbench> {
  const log: string[] = [];
  let app = await launch();
  let page = await firstPage(app, options, log);
  return {
    ...ends,
    get page() {
      return page;
    },
    log,
    extensionHostPid: () => onlyExtensionHost(() => extensionHosts(app)),
    async screenshot(file) {
      await page.screenshot({ path: file });
    },
    async inNewWindow(open, visit) {
      const [opened] = await Promise.all([app.waitForEvent('window'), open()]);
      try {
        await workbenchReady(opened);
        await visit(opened);
      } finally {
        await opened.close();
      }
    },
    async reload() {
      const loaded = page.waitForEvent('domcontentloaded', { timeout: 60_000 });
      await Promise.all([loaded, runCommand(page, 'Developer: Reload Window')]);
      await workbenchReady(page);
    },
    async reopen() {
      app = await launch();
      page = await firstPage(app, options, log);
    },
  };
}

async function firstPage(
  app: ElectronApplication,
  { size = { width: 1280, height: 800 } }: WorkbenchOptions,
  log: string[],
): Promise<Page> {
  const page = await app.firstWindow({ timeout: 60_000 });
  collectExtensionHostLog(page, log);
  await app.evaluate(({ BrowserWindow }, { width, height }) => {
    for (const window of BrowserWindow.getAllWindows()) window.setContentSize(width, height);
  }, size);
  await workbenchReady(page);
  return page;
}

/** Of Electron's type of this name, what is used here. */
interface ProcessMetric {
  pid: number;
  name?: string;
  serviceName?: string;
}

async function extensionHosts(app: ElectronApplication): Promise<number[]> {
  const metrics: ProcessMetric[] = await app.evaluate(({ app }) => app.getAppMetrics());
  return metrics
    .filter((it) => [it.name, it.serviceName].some((name) => name?.startsWith('extensionHost')))
    .map((it) => it.pid);
}

async function end(app: ElectronApplication): Promise<void> {
  const child = app.process();
  const closed = app.close().then(
    () => true,
    () => true,
  );
  if (!(await Promise.race([closed, delay(15_000, false)]))) child.kill('SIGKILL');
}
