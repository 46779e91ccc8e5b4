import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { inBatches } from './in-batches.ts';
import { processState } from './process-state.ts';
import { systemCode, unlessMissing } from './system-failure.ts';

export interface FileUsers {
  /** Those of the files asked about that some process has open. */
  readonly openFiles: ReadonlySet<string>;
  /** Working directories of the git processes that are alive. */
  readonly gitDirectories: readonly string[];
}

/**
 * One look at every process. Git closes a lock file before it is done with it, so that nobody has it open proves
 * something only where no git is at work either.
 * @param files absolute paths with links resolved
 * @param owners user ids of those files: a git of anybody else has not made them
 * @returns null where the platform does not tell, or a git process of an owner cannot be looked into: nothing is proven
 */
export async function fileUsers(files: readonly string[], owners: ReadonlySet<number>): Promise<FileUsers | null> {
  if (process.platform !== 'linux') return null;
  const asked = new Set(files);
  const openFiles = new Set<string>();
  const gitDirectories: string[] = [];
  let isProof = true;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  await inBatches(pids, 8, async (pid) => {
    const isGit = (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).startsWith('git');
    // A process that is just ending cannot be looked into, and a moment later need not be.
    for (let tries = 5; tries > 0; tries -= 1) {
      try {
        for (const target of await openFilesOf(pid)) if (asked.has(target)) openFiles.add(target);
        if (isGit) gitDirectories.push(await readlink(`/proc/${pid}/cwd`));
        return;
      } catch (error) {
        if (hasEnded(error) || !isGit || !(await isAliveOf(pid, owners))) return;
        await sleep(10);
      }
    }
    isProof = false;
  });
  return isProof ? { openFiles, gitDirectories } : null;
}

/** Other users' processes may not be looked into, and zombies have nothing open. */
async function isAliveOf(pid: string, owners: ReadonlySet<number>): Promise<boolean> {
  if ((await processState(Number(pid)))?.isZombie !== false) return false;
  const facts = await unlessMissing(stat(`/proc/${pid}`));
  return facts !== null && owners.has(facts.uid);
}

async function openFilesOf(pid: string): Promise<string[]> {
  const targets: string[] = [];
  const directory = `/proc/${pid}/fd`;
  await inBatches(await readdir(directory), 16, async (descriptor) => {
    try {
      targets.push(await readlink(`${directory}/${descriptor}`));
    } catch (error) {
      // Closed since.
      if (!hasEnded(error)) throw error;
    }
  });
  return targets;
}

function hasEnded(error: unknown): boolean {
  const code = systemCode(error);
  return code === 'ENOENT' || code === 'ESRCH';
}
