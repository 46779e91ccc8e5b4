import { execa } from 'execa';
import path from 'node:path';

/** Builds the bundle before the tests, since the command line is tested as it ships. */
export default async function setup(): Promise<void> {
  await execa(process.execPath, [path.join(import.meta.dirname, '../../esbuild.mjs')], { stdio: 'inherit' });
}
