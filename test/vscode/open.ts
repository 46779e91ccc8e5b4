import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { inheritedEnvironment } from './environment.ts';
import { startServer } from './server.ts';
import { quietSettings } from './settings.ts';
import { createTemporaryFolder } from './temporary-folder.ts';

/** What to open for a person. */
export interface OpenOptions {
  extensionPath: string;
  folder: string;
  /** Variables for VS Code, and so for the extension. */
  environment?: Record<string, string>;
}

/**
 * Opens a folder with the extension for a person to try: in desktop VS Code where `code` is on the PATH, else in VS
 * Code's own server, whose address is printed.
 *
 * @returns when the window is closed, or on Ctrl+C
 */
export async function openForPerson(options: OpenOptions): Promise<void> {
  const code = findCode();
  await (code === undefined ? openInBrowser(options) : openOnDesktop(code, options));
}

async function openOnDesktop(code: string, { extensionPath, folder, environment }: OpenOptions): Promise<void> {
  const extension = `--extensionDevelopmentPath=${path.resolve(extensionPath)}`;
  const args = [extension, '--new-window', '--wait', path.resolve(folder)];
  const options = { env: { ...inheritedEnvironment(), ...environment }, stdio: 'inherit' } as const;
  console.log(`Opening ${folder} in VS Code. This ends when its window is closed, or with Ctrl+C.`);
  // On Windows `code` is a batch file, which only a shell runs.
  const child =
    process.platform === 'win32'
      ? spawn(quote([code, ...args]), { ...options, shell: true })
      : spawn(code, args, options);
  const ended = once(child, 'exit') as Promise<[number | null]>;
  const outcome = await Promise.race([ended, interrupted()]);
  if (outcome === undefined) child.kill();
  else if (outcome[0] !== 0) throw new Error(`${code} ended with exit code ${outcome[0]}.`);
}

function quote(words: string[]): string {
  return words.map((word) => `"${word}"`).join(' ');
}

async function openInBrowser({ extensionPath, folder, environment }: OpenOptions): Promise<void> {
  const temporary = await createTemporaryFolder();
  const stopping = interrupted();
  try {
    const server = await startServer({
      extension: { extensionPath },
      environment: { ...inheritedEnvironment(), ...environment },
      userSettings: quietSettings('off'),
      directory: path.join(temporary.path, 'server'),
      endWhenUnused: false,
    });
    try {
      console.log(
        `VS Code is ready, open this address in a browser (Ctrl+C ends it):\n\n  ${server.address(folder)}\n`,
      );
      await stopping;
    } finally {
      await server.stop();
    }
  } finally {
    await temporary.remove();
  }
}

function findCode(): string | undefined {
  // Inside a remote window's terminal `code` is a helper that knows no extension under development.
  if (process.env['VSCODE_IPC_HOOK_CLI'] !== undefined) return undefined;
  const name = process.platform === 'win32' ? 'code.cmd' : 'code';
  const folders = (process.env['PATH'] ?? '').split(path.delimiter).filter((it) => it !== '');
  return folders.map((it) => path.join(it, name)).find((it) => existsSync(it));
}

async function interrupted(): Promise<void> {
  const listening = new AbortController();
  const { signal } = listening;
  await Promise.race([once(process, 'SIGINT', { signal }), once(process, 'SIGTERM', { signal })]);
  listening.abort();
}

if (import.meta.main) {
  const [folder] = process.argv.slice(2);
  if (folder === undefined) {
    console.error('Usage: node test/vscode/open.ts FOLDER');
    process.exitCode = 2;
  } else {
    await openForPerson({ extensionPath: path.join(import.meta.dirname, '../..'), folder });
  }
}
