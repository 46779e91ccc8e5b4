import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';

/**
 * From now on this process ends as a crash would at one of its git commands.
 * @param number from 1 on
 * @param when before or after that command
 */
export async function dyingGit(number: string, when: string): Promise<AsyncDisposable> {
  const folder = await mkdtemp(path.join(tmpdir(), 'warden-git-'));
  const { stdout: git } = await execa('which', ['git']);
  const counter = path.join(folder, 'count');
  await writeFile(
    path.join(folder, 'git'),
    `#!/bin/sh
n=$(($(cat ${counter} 2>/dev/null || echo 0) + 1)); echo $n > ${counter}
die() { rm -r ${folder}; kill -9 $PPID; exit 1; }
[ $n-${when} = ${number}-before ] && die
${git} "$@"; code=$?
[ $n-${when} = ${number}-after ] && die
exit $code
`,
  );
  await chmod(path.join(folder, 'git'), 0o755);
  process.env['PATH'] = `${folder}:${process.env['PATH']}`;
  return { [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}
