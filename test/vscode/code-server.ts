import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

const version = '4.139.1';
const integrity = 'fUYvJVdz4ZoVJfakGiGWXFMpF8K1ObsrpGvX17ZxNpKOzdNHs7lANT670JTr4ZhA8DnWqyvvmFG/d3HV9Yy6ew==';
const cache = path.join(import.meta.dirname, '../../.vscode-test');
const home = path.join(cache, `code-server-${version}`);
const vscode = 'package/lib/vscode';

/**
 * Installs VS Code's own server, from the npm package code-server, into `.vscode-test` on first use.
 *
 * The package's own install script compiles native modules for two minutes, needs libkrb5-dev and refuses to run as
 * root. None of what it compiles is needed here, so its scripts are left out and the two modules that the server would
 * miss are replaced.
 *
 * @returns the path of the server's `server-main.js`
 * @throws when npm cannot deliver the package; the message says what to do
 */
export async function installCodeServer(): Promise<string> {
  const serverMain = path.join(home, vscode, 'out/server-main.js');
  if (existsSync(serverMain)) return serverMain;

  await mkdir(cache, { recursive: true });
  await removeAbandonedInstalls();
  const unfinished = `${home}.unfinished-${process.pid}`;
  try {
    console.log(
      `Installing VS Code's server (code-server ${version}, 600 MB on disk) into ${home}: once, about 15 s …`,
    );
    const started = performance.now();
    await install(unfinished);
    await publish(unfinished);
    console.log(`Installed in ${Math.round((performance.now() - started) / 1000)} s.`);
  } catch (error) {
    throw new Error(
      `VS Code's server could not be installed: ${error instanceof Error ? error.message : String(error)}\n` +
        'It comes from the npm registry (code-server and its dependencies) and is unpacked by tar: check the network, ' +
        "npm's `registry` setting and that `tar` exists (Debian, Ubuntu: apt-get install tar gzip). " +
        'The browser that shows it: apt-get install chromium.',
      { cause: error },
    );
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return serverMain;
}

async function install(folder: string): Promise<void> {
  await mkdir(folder);
  await npm(folder, 'pack', `code-server@${version}`, '--pack-destination', folder);
  const tarball = path.join(folder, `code-server-${version}.tgz`);
  const digest = createHash('sha512')
    .update(await readFile(tarball))
    .digest('base64');
  if (digest !== integrity) throw new Error(`the package that came has the checksum sha512-${digest}, which is wrong`);
  await run('tar', ['-xzf', tarball], folder);
  await rm(tarball);
  const server = path.join(folder, vscode);
  await npm(server, 'install', '--prefix', server, '--omit=dev', '--ignore-scripts');
  await replaceNativeModules(path.join(server, 'node_modules/@vscode'));
}

/** Two modules exist only compiled: without the first there is no log file and so no text in any log output channel. */
async function replaceNativeModules(modules: string): Promise<void> {
  await writeFile(path.join(modules, 'spdlog/index.js'), logger);
  await writeFile(path.join(modules, 'native-watchdog/index.js'), 'exports.start = () => {};\n');
}

const logger = `// A stand-in for the compiled module: the same interface, unbuffered, without rotation.
const { appendFileSync, mkdirSync } = require('node:fs');
const { dirname } = require('node:path');
const levels = ['trace', 'debug', 'info', 'warning', 'error', 'critical'];
class Logger {
  constructor(type, name, file) {
    this.file = file;
    this.level = 2;
    this.plain = false;
  }
  write(level, message) {
    if (level < this.level) return;
    const time = new Date().toISOString().replace('T', ' ').replace('Z', '');
    appendFileSync(this.file, this.plain ? message : time + ' [' + levels[level] + '] ' + message + '\\n');
  }
  trace(message) { this.write(0, message); }
  debug(message) { this.write(1, message); }
  info(message) { this.write(2, message); }
  warn(message) { this.write(3, message); }
  error(message) { this.write(4, message); }
  critical(message) { this.write(5, message); }
  getLevel() { return this.level; }
  setLevel(level) { this.level = level; }
  setPattern() {}
  clearFormatters() { this.plain = true; }
  flush() {}
  drop() {}
}
const create = async (name, file) => {
  mkdirSync(dirname(file), { recursive: true });
  return new Logger('rotating', name, file);
};
exports.version = 0;
exports.Logger = Logger;
exports.setLevel = () => {};
exports.setFlushOn = () => {};
exports.createRotatingLogger = create;
exports.createAsyncRotatingLogger = create;
`;

async function publish(unfinished: string): Promise<void> {
  try {
    await rename(unfinished, home);
  } catch (error) {
    // Another process that started at the same time was first: its install is as good as ours.
    if (!existsSync(home)) throw error;
  }
}

async function removeAbandonedInstalls(): Promise<void> {
  for (const name of await readdir(cache)) {
    const owner = /^code-server-.*\.unfinished-(\d+)$/.exec(name)?.[1];
    if (owner === undefined || isAlive(Number(owner))) continue;
    // An npm that outlived its parent may still be writing there: then the next install removes it.
    await rm(path.join(cache, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Runs npm, the one that started us if one did, so that it works where `npm` is no program that can be spawned. */
async function npm(folder: string, ...options: string[]): Promise<void> {
  const script = process.env['npm_execpath'];
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error', ...options];
  await (script === undefined ? run('npm', quiet, folder) : run(process.execPath, [script, ...quiet], folder));
}

async function run(program: string, args: string[], cwd: string): Promise<void> {
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${path.basename(program)} ${args.join(' ')} ended with ${code}:\n${output.trim()}`);
}
