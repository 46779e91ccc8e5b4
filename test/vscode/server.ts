import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { installCodeServer } from './code-server.ts';
import { onProcessExit } from './exit.ts';

/** An extension by its folder, as it is, or by its VSIX. */
export type Extension = { extensionPath: string } | { vsix: string };

/** A running VS Code server of our own. */
export interface VSCodeServer {
  readonly pid: number;
  /** Where a browser finds the workbench with this folder, or `.code-workspace` file, open. */
  address(folder: string): string;
  /** Ends the server and every process of VS Code below it. May be called again. */
  stop(): Promise<void>;
}

/** What a server is started with. */
export interface ServerOptions {
  extension: Extension;
  /** All variables that the server gets, and hands on to the extension. */
  environment: Record<string, string>;
  userSettings: Record<string, unknown>;
  /** An empty folder for the server's settings, extensions, logs and sockets; the caller removes it after the stop. */
  directory: string;
  /**
   * Ends by itself when nobody has been connected for five minutes, and an extension host 5 s after its window is lost,
   * so that nothing stays of a test that was killed.
   */
  endWhenUnused: boolean;
}

/**
 * Starts VS Code's server on a free port of this machine.
 *
 * @throws when it ends before it listens, with what it printed
 */
export async function startServer(options: ServerOptions): Promise<VSCodeServer> {
  const { directory, environment: env } = options;
  const command = [await installCodeServer(), '--server-data-dir', directory, '--accept-server-license-terms'];
  // Those of a machine are the server's own, which a browser's user is not asked for.
  for (const whose of ['User', 'Machine']) {
    const folder = path.join(directory, 'data', whose);
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'settings.json'), JSON.stringify(options.userSettings, undefined, 2));
  }
  await ('vsix' in options.extension
    ? installExtension(command, options.extension.vsix, env)
    : registerExtension(path.join(directory, 'extensions'), options.extension.extensionPath));

  const flags = ['--host', '127.0.0.1', '--port', '0', '--without-connection-token', '--telemetry-level', 'off'];
  if (options.endWhenUnused) flags.push('--enable-remote-auto-shutdown', '--reconnection-grace-time', '5');
  // Else the environment of a login shell is laid over the one that the caller asked for.
  flags.push('--force-disable-user-env');
  const server = spawn(process.execPath, [...command, ...flags], {
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const forget = onProcessExit(() => {
    if (!hasEnded(server)) signalGroup(server, 'SIGKILL');
  });
  const stop = async (): Promise<void> => {
    await stopGroup(server);
    forget();
  };
  try {
    const port = await listening(server);
    return { pid: server.pid ?? 0, address: (folder) => address(port, folder), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Manifest {
  publisher: string;
  name: string;
  version: string;
}

/**
 * Enters the folder where the server looks up what is installed. A built web workbench takes an extension under
 * development only together with `--enable-smoke-test-driver`, and that hides all notifications.
 */
async function registerExtension(extensions: string, extensionPath: string): Promise<void> {
  const folder = path.resolve(extensionPath);
  const manifest = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')) as Manifest;
  const { publisher, name, version } = manifest;
  const location = { $mid: 1, scheme: 'file', path: folder };
  const entry = { identifier: { id: `${publisher}.${name}` }, version, location, metadata: { source: 'vsix' } };
  await mkdir(extensions);
  await writeFile(path.join(extensions, 'extensions.json'), JSON.stringify([entry]));
}

async function installExtension(command: string[], vsix: string, env: Record<string, string>): Promise<void> {
  const args = [...command, '--install-extension', path.resolve(vsix)];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = collect(child);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${vsix} could not be installed (exit code ${code}):\n${output()}`);
}

function collect(child: ChildProcess): () => string {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += String(chunk)));
  return () => output.trim();
}

async function listening(server: ChildProcess): Promise<number> {
  const output = collect(server);
  return new Promise((resolve, reject) => {
    if (server.stdout !== null) {
      createInterface({ input: server.stdout }).on('line', (line) => {
        const port = /^Extension host agent listening on (\d+)/.exec(line)?.[1];
        if (port !== undefined) resolve(Number(port));
      });
    }
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`VS Code's server ended (exit code ${code}):\n${output()}`)));
    setTimeout(() => reject(new Error(`VS Code's server did not listen within 60 s:\n${output()}`)), 60_000).unref();
  });
}

function address(port: number, folder: string): string {
  const open = folder.endsWith('.code-workspace') ? 'workspace' : 'folder';
  const encoded = path.resolve(folder).split('/').map(encodeURIComponent).join('/');
  return `http://127.0.0.1:${port}/?${open}=${encoded}`;
}

/**
 * The server leads a process group, in which VS Code's own processes stay; what an extension starts in a session of its
 * own is the extension's to end.
 */
async function stopGroup(server: ChildProcess): Promise<void> {
  // Once its leader is gone for long, the group's number may be another's; the extension hosts left end by themselves.
  if (hasEnded(server)) return;
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const deadline = performance.now() + 5000;
    let lives = signalGroup(server, signal);
    while (lives && performance.now() < deadline) {
      await delay(20);
      lives = signalGroup(server, 0);
    }
    if (!lives) return;
  }
}

function hasEnded(server: ChildProcess): boolean {
  return server.pid === undefined || server.exitCode !== null || server.signalCode !== null;
}

function signalGroup(server: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  if (server.pid === undefined) return false;
  try {
    return process.kill(-server.pid, signal);
  } catch {
    return false;
  }
}
