import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { removeTree } from '../../../src/worktrees/remove-tree.ts';
import { exists, temporaryFolder } from './temporary-repository.ts';

it('removes a folder with more in it than is looked at in one go, counts the files, and follows no link', async () => {
  const parent = await temporaryFolder();
  const [folder, outside] = [join(parent, 'folder'), join(parent, 'outside')];
  await mkdir(outside);
  await writeFile(join(outside, 'kept'), 'kept');
  for (let index = 0; index < 1_300; index += 1) {
    await mkdir(join(folder, `${index}`), { recursive: true });
    await writeFile(join(folder, `${index}`, 'file'), 'x'.repeat(index === 0 ? 100_000 : 0));
    if (index < 700) await symlink(outside, join(folder, `link ${index}`));
  }
  await chmod(join(folder, '7'), 0o500);
  let [files, bytes] = [0, 0];

  await removeTree(folder, (size) => {
    files += 1;
    bytes += size;
  });

  expect(await exists(folder)).toBe(false);
  expect(files).toBe(2_000);
  expect(bytes).toBeGreaterThanOrEqual(100_000);
  expect(await readFile(join(outside, 'kept'), 'utf8')).toBe('kept');
});
