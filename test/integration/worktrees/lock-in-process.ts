import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { holdingLock } from '../../../src/worktrees/repository-lock.ts';

// A process of its own at the lock: `lock-in-process.ts FOLDER hold`, or `… count N` for N steps that others must not
// come between.
const [folder = '', task, times = '1'] = process.argv.slice(2);
const repository = { path: folder, gitDirectory: folder };
const counter = join(folder, 'counter');
for (let time = 0; time < Number(times); time += 1) {
  await holdingLock(repository, async () => {
    if (task === 'hold') {
      process.stdout.write('held');
      await new Promise((resolve) => setTimeout(resolve, 3_600_000));
    }
    await writeFile(counter, String(Number(await readFile(counter, 'utf8')) + 1));
  });
}
