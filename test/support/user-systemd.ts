import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { controlGroupOf } from '../../src/processes/control-group.ts';
import { eventually } from './eventually.ts';
import { exitOf } from './exit-of.ts';

export interface UserSystemd extends AsyncDisposable {
  readonly runtimeFolder: string;
  /** A control group of the user's manager, as an editor is in. */
  readonly editorGroup: string;
}

const program = '/usr/lib/systemd/systemd';

/** What systemd wants to see of the machine, in a mount namespace of its own; the rest of the machine stays as it is. */
const setUp = `
echo $$ > "$1/init.scope/cgroup.procs" &&
{ umount -l /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup; } &&
mount -t tmpfs none /run/systemd && mkdir /run/systemd/system && exec "$2" --user --unit=basic.target`;

/**
 * A real `systemd --user` beside whatever the machine runs.
 * @returns why there can be none here, in words
 */
export async function startUserSystemd(): Promise<UserSystemd | string> {
  const own = await controlGroupOf('self');
  if (process.getuid?.() !== 0 || own === null) return 'needs root and control groups of version 2';
  if (!existsSync(program)) return 'systemd is not installed';
  const folder = await mkdtemp(path.join(tmpdir(), 'warden-systemd-'));
  const groups = path.join(own, path.basename(folder));
  const manager = path.join(groups, 'user@0.service');
  const editorGroup = path.join(manager, 'app.slice', 'editor.scope');
  for (const group of [path.join(manager, 'init.scope'), editorGroup]) await mkdir(group, { recursive: true });
  const units = path.join(folder, 'units');
  await mkdir(units);
  for (const target of ['basic', 'shutdown', 'exit']) {
    await writeFile(path.join(units, `${target}.target`), '[Unit]\nDescription=Test\nDefaultDependencies=no\n');
  }
  const child = spawn('unshare', ['-m', 'sh', '-c', setUp, 'sh', manager, program], {
    env: { PATH: process.env['PATH'], HOME: folder, XDG_RUNTIME_DIR: folder, SYSTEMD_UNIT_PATH: units },
    stdio: 'ignore',
  });
  const exited = exitOf(child);
  const end = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
    await eventually(() => removeGroup(groups));
    await rm(folder, { recursive: true, force: true });
  };
  const ready = eventually(() => existsSync(path.join(folder, 'systemd', 'private')), 10_000);
  const started = await Promise.race([ready.catch(() => false), exited.then(() => false)]);
  if (!started) {
    await end();
    return 'systemd --user does not start here';
  }
  return { runtimeFolder: folder, editorGroup, [Symbol.asyncDispose]: end };
}

/** A control group is removed as a folder, from below; its files cannot be and need not. */
async function removeGroup(folder: string): Promise<boolean> {
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    if (entry.isDirectory()) await removeGroup(path.join(folder, entry.name));
  }
  await rmdir(folder).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  });
  return true;
}
