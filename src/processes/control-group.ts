import { readdirSync, readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * The folder of the control group (version 2) that a process is in: what `/proc/<pid>/cgroup` says, below where that
 * hierarchy is mounted. It may be mounted elsewhere than at /sys/fs/cgroup, and only in part (cgroups(7), proc(5)).
 * @param pid or `self`
 * @returns null where there is none that we see
 */
export async function controlGroupOf(pid: number | 'self'): Promise<string | null> {
  try {
    const [groups, mounts] = await Promise.all([
      readFile(`/proc/${pid}/cgroup`, 'utf8'),
      readFile('/proc/self/mountinfo', 'utf8'),
    ]);
    return controlGroupFolder(groups, mounts);
  } catch {
    return null;
  }
}

/**
 * @param groups as /proc/<pid>/cgroup has it
 * @param mounts as /proc/self/mountinfo has it
 */
export function controlGroupFolder(groups: string, mounts: string): string | null {
  const group = /^0::(\/.*)$/m.exec(groups)?.[1];
  const mount = mounts.split('\n').find((line) => line.split(' - ')[1]?.startsWith('cgroup2 '));
  const [, , , root, mountPoint] = mount?.split(' ') ?? [];
  if (group === undefined || root === undefined || mountPoint === undefined) return null;
  // Outside of our namespace (cgroup_namespaces(7)).
  if (group.split('/').includes('..')) return null;
  const below = path.posix.relative(root, group);
  return below === '..' || below.startsWith('../') ? null : path.posix.join(unescaped(mountPoint), below);
}

/** Blanks and the like are written as three octal digits (proc(5)). */
function unescaped(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCodePoint(Number.parseInt(digits, 8)));
}

/**
 * Everyone who is in a control group or in one below it. Measured: 0.04 ms for each group, a third of what it takes
 * asynchronously.
 * @returns nobody where the group is gone, as it is soon after its last process
 */
export function processesIn(folder: string): Set<number> {
  const pids = new Set<number>();
  try {
    for (const line of readFileSync(path.join(folder, 'cgroup.procs'), 'latin1').split('\n')) {
      // 0 is somebody of a namespace that we do not see.
      if (Number(line) > 1) pids.add(Number(line));
    }
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue;
      for (const pid of processesIn(path.join(folder, entry.name))) pids.add(pid);
    }
  } catch {
    return pids;
  }
  return pids;
}

/**
 * Kills everyone in a control group and below, those who are being born included (`cgroup.kill`, Linux 5.14).
 * @returns whether the kernel took the order
 */
export async function killControlGroup(folder: string): Promise<boolean> {
  try {
    // Opened as it is and never made: a file of that name elsewhere would kill nobody.
    await writeFile(path.join(folder, 'cgroup.kill'), '1', { flag: 'r+' });
    return true;
  } catch {
    return false;
  }
}
