import type { ProcessIdentity } from '../core/process-identity.ts';
import type { Run } from '../core/run.ts';
import { endAllOf } from './end-all-of.ts';
import { failureWords } from './failure-words.ts';
import { runVariables } from './run-variables.ts';
import { runTimeBoxed } from './time-boxed-command.ts';
import type { World } from './world.ts';

/**
 * Runs the teardown command of a run that is over in its worktree, for so long at most, and ends all that it started.
 * @returns what went wrong, which keeps nothing from being removed; null when it succeeded, or there is none
 */
export async function tearDown(world: World, run: Run, worktreePath: string): Promise<string | null> {
  const { teardown, teardownTimeoutSeconds } = run.workflow;
  if (teardown === null) return null;
  const begun: ProcessIdentity[] = [];
  let failure: string | null;
  try {
    const failed = await runTimeBoxed(world, run, {
      argv: teardown,
      workingDirectory: worktreePath,
      // Its ports may be another's by now, and whoever listens there must not be taken for its own.
      environment: { ...world.executor.environment(), ...runVariables(world, { ...run, ports: null }) },
      log: 'teardown',
      limitMilliseconds: teardownTimeoutSeconds * 1000,
      signal: world.disposed,
      onStarted: (command) => Promise.resolve(void begun.push(command)),
    });
    failure = failed?.detail ?? null;
  } catch (error) {
    failure = failureWords(error);
  }
  const left = await endAllOf(world, run.runId, begun);
  if (left.length === 0) return failure;
  const names = left.map(({ identity: { pid }, facts: { name } }) => `${name} (pid ${pid})`).join(', ');
  return [...(failure === null ? [] : [failure]), `these of its processes could not be ended: ${names}`].join('; ');
}
