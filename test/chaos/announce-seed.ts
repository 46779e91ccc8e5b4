import type { TestProject } from 'vitest/node';

/** Tells the seed before anything can go wrong. */
export default function setup({ config }: TestProject): void {
  const { WARDEN_CHAOS_SEED: seed, WARDEN_CHAOS_FORM: form } = config.env;
  console.log(`chaos, ${form} form: repeat it with WARDEN_CHAOS_SEED=${seed}`);
}
