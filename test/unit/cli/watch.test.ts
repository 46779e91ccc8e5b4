import { expect, test } from 'vitest';
import type { Invocation } from '../../../src/cli/command.ts';
import { watch } from '../../../src/cli/commands/watch.ts';
import type { Supervisor } from '../../../src/supervisor/supervisor.ts';

type StandIn = Parameters<Supervisor['standIn']>[0];

/** In hours: what `warden watch` removes in its daily pass is older; null where it removes nothing. */
async function ageOf(options: Invocation['options'], environment: NodeJS.ProcessEnv): Promise<number | null> {
  const asked: StandIn[] = [];
  const standIn = (given: StandIn) => {
    asked.push(given);
    return Promise.resolve('no_active_run');
  };
  await watch.execute({
    options,
    environment,
    output: { progress: () => undefined, print: () => Promise.resolve() },
    open: () => Promise.resolve({ standIn }),
  } as unknown as Invocation);
  return asked[0]?.maxAgeHours() ?? null;
}

test('within a run, which may not clean up, the watch removes no worktree', async () => {
  const within = { WARDEN_RUN_ID: 'run_010203040506' };
  expect(await ageOf({ 'max-age-hours': '0' }, {})).toBe(0);
  expect(await ageOf({}, {})).toBe(48);
  expect(await ageOf({ 'no-daily-cleanup': true }, {})).toBeNull();
  expect(await ageOf({ 'max-age-hours': '0' }, within)).toBeNull();
  expect(await ageOf({}, within)).toBeNull();
});
