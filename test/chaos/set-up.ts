import { mkdir, rm } from 'node:fs/promises';
import type { TestProject } from 'vitest/node';

/** Tells the seed before anything can go wrong, and gives everything one place to be in. */
export default async function setUp({ config }: TestProject): Promise<() => Promise<void>> {
  const { WARDEN_CHAOS_SEED: seed, WARDEN_CHAOS_FORM: form, TMPDIR: folder } = config.env;
  console.log(`chaos, ${form} form: repeat it with WARDEN_CHAOS_SEED=${seed}`);
  if (folder === undefined) throw new RangeError('no folder for temporary files');
  // Other users are tested too.
  await mkdir(folder, { mode: 0o755 });
  return () => rm(folder, { recursive: true, force: true, maxRetries: 3 });
}
