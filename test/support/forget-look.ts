import { execa } from 'execa';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** As if the files of a prepared worktree had been looked at long ago. */
export async function forgetLook(worktreePath: string): Promise<void> {
  const { stdout } = await execa('git', ['-C', worktreePath, 'rev-parse', '--absolute-git-dir']);
  const mark = path.join(stdout, 'warden-pool.json');
  await writeFile(mark, (await readFile(mark, 'utf8')).replace(/"lookedAt":\d+/, '"lookedAt":1'));
}
