import { execa } from 'execa';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { withLockFile } from '../../../src/store/lock-file.ts';
import { eventually } from '../../support/eventually.ts';

let folder = '';
let lock = '';

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'warden-lock-'));
  lock = path.join(folder, 'lock');
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const module = new URL('../../../src/store/lock-file.ts', import.meta.url).href;

/** A process that holds the lock, and has written "held" beside it, until it is ended. */
async function startHolder(): Promise<AsyncDisposable & { crash(): Promise<void> }> {
  const program = `
    import { writeFileSync } from 'node:fs';
    import { withLockFile } from ${JSON.stringify(module)};
    await withLockFile(${JSON.stringify(lock)}, 0, async (isHeld) => {
      writeFileSync(${JSON.stringify(`${lock}.holder`)}, isHeld ? 'held' : 'not held');
      await new Promise((resolve) => setTimeout(resolve, 600_000));
    });`;
  const child = execa(process.execPath, ['--input-type=module', '--eval', program], { reject: false });
  const crash = async (): Promise<void> => {
    child.kill('SIGKILL');
    await child;
  };
  await eventually(async () => (await readFile(`${lock}.holder`, 'utf8').catch(() => '')) === 'held');
  return { crash, [Symbol.asyncDispose]: crash };
}

const whetherHeld = (isHeld: boolean): Promise<boolean> => Promise.resolve(isHeld);

describe('a lock', () => {
  test('is held by one process at a time', async () => {
    await using _holder = await startHolder();
    expect(await withLockFile(lock, 50, whetherHeld)).toBe(false);
  });

  test('is held by one at a time within a process', async () => {
    let holders = 0;
    const most = await Promise.all(
      Array.from({ length: 20 }, () =>
        withLockFile(lock, 10_000, async (isHeld) => {
          expect(isHeld).toBe(true);
          holders += 1;
          const seen = holders;
          await new Promise(setImmediate);
          holders -= 1;
          return seen;
        }),
      ),
    );
    expect(Math.max(...most)).toBe(1);
  });

  test('is free at once when the process that held it has crashed', async () => {
    const holder = await startHolder();
    await holder.crash();
    expect(await withLockFile(lock, 0, whetherHeld)).toBe(true);
  });

  test('is let go when the work fails', async () => {
    const work = withLockFile(lock, 0, () => Promise.reject(new Error('on purpose')));
    await expect(work).rejects.toThrow('on purpose');
    expect(await withLockFile(lock, 0, whetherHeld)).toBe(true);
  });

  test('can be taken where somebody has written into its file, which is for its owner only', async () => {
    await writeFile(lock, 'what is this file? '.repeat(100));
    expect(await withLockFile(lock, 0, whetherHeld)).toBe(true);
    if (process.platform !== 'win32') expect((await stat(lock)).mode & 0o777).toBe(0o600);
  });

  test('is not held where no file can be made', async () => {
    expect(await withLockFile(path.join(folder, 'missing', 'lock'), 0, whetherHeld)).toBe(false);
  });
});
