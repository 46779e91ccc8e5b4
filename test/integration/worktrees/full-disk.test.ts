import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import {
  exists,
  git,
  noTraces,
  notTestedHere,
  temporaryFolder,
  testRepositoryAt,
  writeFiles,
} from './temporary-repository.ts';

const execute = promisify(execFile);

/** Runs a test on a disk of two megabytes. @returns false when it may not mount one */
async function onSmallDisk(test: (folder: string) => Promise<void>): Promise<boolean> {
  const folder = await temporaryFolder();
  const mounted = await execute('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder]).catch(() => null);
  if (mounted === null) return false;
  try {
    await test(folder);
  } finally {
    await execute('umount', [folder]);
  }
  return true;
}

async function fill(folder: string): Promise<void> {
  const failure = await writeFile(join(folder, 'filler'), randomBytes(4_000_000)).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'ENOSPC' });
}

async function repositoryIn(folder: string) {
  const path = join(folder, 'repository');
  await mkdir(path);
  await git(path, 'init', '--quiet', '--initial-branch=main', '--template=');
  await writeFiles(path, { 'a/small': 'x', big: randomBytes(600_000) });
  await git(path, 'add', '.');
  await git(path, 'commit', '--quiet', '--message=first');
  return await testRepositoryAt(path);
}

it('a disk that is full, or fills up in the middle of a creation, is told and leaves nothing', async (context) => {
  const ran = await onSmallDisk(async (folder) => {
    const test = await repositoryIn(folder);
    await writeFile(join(folder, 'half'), randomBytes(500_000));
    await expect(test.create()).rejects.toMatchObject({ code: 'disk_full' });
    expect(await test.traces()).toEqual(noTraces);
    await rm(join(folder, 'half'));
    await fill(folder);
    await expect(test.create()).rejects.toMatchObject({ code: 'disk_full' });
    expect(await test.traces()).toEqual(noTraces);
    await rm(join(folder, 'filler'));
    await test.create();
  });
  if (!ran) notTestedHere(context, 'a full disk, since only root may mount a small one');
});

it('a disk that fills up while files are included is told', async (context) => {
  const ran = await onSmallDisk(async (folder) => {
    const test = await repositoryIn(folder);
    await writeFiles(test.path, { '.git/info/exclude': 'big-ignored\n', 'big-ignored': randomBytes(20_000) });
    const made = await test.create();
    await fill(folder);
    await expect(test.include(made.path, ['big-ignored'])).rejects.toMatchObject({ code: 'disk_full' });
    await test.worktrees.undo(test.repository, made);
    expect(await test.traces()).toEqual(noTraces);
  });
  if (!ran) notTestedHere(context, 'a full disk, since only root may mount a small one');
});

it('work that cannot be kept for want of room stays where it is', async (context) => {
  const ran = await onSmallDisk(async (folder) => {
    const test = await repositoryIn(folder);
    await rm(join(test.path, 'big'));
    const made = await test.create();
    await writeFile(join(made.path, 'work'), randomBytes(100_000));
    await fill(folder);
    await expect(test.remove(made)).rejects.toMatchObject({ code: 'disk_full' });
    expect(await exists(join(made.path, 'work'))).toBe(true);
    await rm(join(folder, 'filler'));
    expect((await test.factsOf(made)).dirtyFiles).toBe(1);
    expect((await test.remove(made)).checkpoint).not.toBe(null);
    expect(await exists(made.path)).toBe(false);
  });
  if (!ran) notTestedHere(context, 'a full disk, since only root may mount a small one');
});
