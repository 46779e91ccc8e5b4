import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Repository } from '../../../src/core/ports/worktrees.ts';
import { holderOf } from '../../../src/worktrees/lock-holder.ts';
import { holdingLock, lockFileOf, releaseAbandoned } from '../../../src/worktrees/repository-lock.ts';
import { temporaryFolder } from './temporary-repository.ts';

const execute = promisify(execFile);
const script = join(import.meta.dirname, 'lock-in-process.ts');

async function repository(): Promise<Repository> {
  const folder = await temporaryFolder();
  return { path: folder, gitDirectory: folder };
}

/** A process that took the lock and was killed without warning while it held it. */
async function killHolder(repository: Repository): Promise<void> {
  const child = spawn(process.execPath, [script, repository.gitDirectory, 'hold'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await readdir(repository.gitDirectory)).toContain('warden.lock');
}

describe.concurrent('the lock of a repository', () => {
  it('is held by one at a time, and leaves nothing', async () => {
    const shared = await repository();
    let inside = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        await holdingLock(shared, async () => {
          inside += 1;
          most = Math.max(most, inside);
          await sleep(1);
          inside -= 1;
        });
      }),
    );
    expect(most).toBe(1);
    expect(await readdir(shared.gitDirectory)).toEqual([]);
  });

  it('is let go when the task fails', async () => {
    const shared = await repository();
    const failing = holdingLock(shared, async () => await Promise.reject(new Error('task failed')));
    await expect(failing).rejects.toThrow('task failed');
    expect(await holdingLock(shared, async () => await Promise.resolve('next'))).toBe('next');
  });

  it.runIf(process.platform === 'linux')('is let go where a repository has moved to while it was held', async () => {
    const shared = await repository();
    const gitDirectory = `${shared.gitDirectory}-moved`;
    await holdingLock(shared, async () => await rename(shared.gitDirectory, gitDirectory));
    try {
      expect(await readdir(gitDirectory)).toEqual([]);
    } finally {
      await rename(gitDirectory, shared.gitDirectory);
    }
  });

  it('is held by one at a time across processes too', async () => {
    const shared = await repository();
    await writeFile(join(shared.path, 'counter'), '0');
    await Promise.all(
      Array.from(
        { length: 4 },
        async () => await execute(process.execPath, [script, shared.gitDirectory, 'count', '25']),
      ),
    );
    expect(await readFile(join(shared.path, 'counter'), 'utf8')).toBe('100');
    expect(await readdir(shared.gitDirectory)).toEqual(['counter']);
  });

  it('is taken over from a holder that was killed, by exactly one of many', async () => {
    for (let round = 0; round < 5; round += 1) {
      const shared = await repository();
      await writeFile(join(shared.path, 'counter'), '0');
      await killHolder(shared);
      await Promise.all(
        Array.from(
          { length: 4 },
          async () => await execute(process.execPath, [script, shared.gitDirectory, 'count', '5']),
        ),
      );
      expect(await readFile(join(shared.path, 'counter'), 'utf8')).toBe('20');
      expect(await readdir(shared.gitDirectory)).toEqual(['counter']);
    }
  });

  it('is taken over when whoever was taking it over was killed as well', async () => {
    const shared = await repository();
    await killHolder(shared);
    const { token } = JSON.parse(await readFile(lockFileOf(shared), 'utf8')) as { token: string };
    const gone = { ...(await holderOf('taker')), startTime: '1' };
    await writeFile(`${lockFileOf(shared)}.after-${token}`, JSON.stringify(gone));
    expect(await holdingLock(shared, async () => await Promise.resolve('held'))).toBe('held');
    expect(await readdir(shared.gitDirectory)).toEqual([]);
  });

  it('has nothing left of those who waited for it and died', async () => {
    const shared = await repository();
    const living = await holderOf('living');
    const gone = { ...living, token: 'gone', bootId: 'an-earlier-one' };
    for (const holder of [living, gone]) {
      await writeFile(`${lockFileOf(shared)}.of-${holder.token}`, JSON.stringify(holder));
    }
    await releaseAbandoned(shared);
    expect(await readdir(shared.gitDirectory)).toEqual(['warden.lock.of-living']);
  });

  it('is taken over from a process whose number another one has now, or that ran before the last boot', async () => {
    const shared = await repository();
    const us = await holderOf('earlier');
    for (const gone of [{ ...us, startTime: '1' }, { ...us, bootId: 'another' }, 'torn by a power cut']) {
      await writeFile(lockFileOf(shared), typeof gone === 'string' ? gone : JSON.stringify(gone));
      expect(await holdingLock(shared, async () => await Promise.resolve('held'))).toBe('held');
    }
    expect(await readdir(shared.gitDirectory)).toEqual([]);
  });

  it('is not taken from a holder that may live, here or where we cannot look', async () => {
    const us = await holderOf('living');
    const elsewhere = [us, { ...us, pidNamespace: 'pid:[1]' }, { ...us, bootId: 'another', host: 'another' }];
    for (const living of elsewhere) {
      const shared = await repository();
      await writeFile(lockFileOf(shared), JSON.stringify(living));
      const controller = new AbortController();
      const waiting = holdingLock(shared, async () => await Promise.resolve('held'), controller.signal);
      const outcome = expect(waiting).rejects.toThrow('enough');
      await sleep(100);
      controller.abort(new Error('enough'));
      await outcome;
      expect(await readdir(shared.gitDirectory)).toEqual(['warden.lock']);
    }
  });
});
