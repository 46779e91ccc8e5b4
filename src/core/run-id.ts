declare const brand: unique symbol;

/** `run_` and 12 lower-case hexadecimal digits. */
export type RunId = string & { readonly [brand]: 'RunId' };

const pattern = /^run_[0-9a-f]{12}$/;

export function isRunId(text: string): text is RunId {
  return pattern.test(text);
}

/** @param randomBytes six bytes or more, from a source that does not repeat */
export function runIdFrom(randomBytes: Uint8Array): RunId {
  const digits = Array.from(randomBytes.subarray(0, 6), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const runId = `run_${digits}`;
  if (!isRunId(runId)) throw new RangeError('a run id needs six random bytes');
  return runId;
}

/** The part of a run id that names its folder and branch: the digits without the prefix. */
export function digitsOf(runId: RunId): string {
  return runId.slice('run_'.length);
}
