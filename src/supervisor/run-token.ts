import type { Principal } from '../core/permission.ts';
import type { Run } from '../core/run.ts';
import { isRunId } from '../core/run-id.ts';
import { isTerminal } from '../core/run-status.ts';
import { ancestorsOf } from './permitted.ts';
import type { World } from './world.ts';

/** What a run shows to prove which one it is. */
export interface RunProof {
  /** As its environment names it. */
  readonly runId: string;
  /** `WARDEN_RUN_TOKEN` of its environment; null where there is none. */
  readonly token: string | null;
  readonly face: Principal['face'];
}

/** Makes the token that a run is started with; only a digest of it is kept, in the run's folder. */
export async function giveToken(world: World, { runId }: Run): Promise<string> {
  const token = world.secrets.create();
  await world.folders.keepTokenDigest(runId, world.secrets.digest(token, runId));
  return token;
}

/**
 * The run that somebody says he is. It is not proved, and may do next to nothing, when the token is not the run's or the
 * run is over.
 * @returns null when there is no such run here
 */
export async function principalOfRun(world: World, { runId, token, face }: RunProof): Promise<Principal | null> {
  const run = isRunId(runId) ? await world.store.run(runId) : null;
  if (run === null) return null;
  const digest = await world.folders.tokenDigest(run.runId);
  // One that was started by an older version has none.
  const isOwnToken =
    digest === null || token === null
      ? digest === token
      : world.secrets.isSame(world.secrets.digest(token, run.runId), digest);
  return {
    user: run.owner,
    face,
    role: 'run',
    runId: run.runId,
    ancestors: await ancestorsOf(world.store, run),
    isProved: isOwnToken && !isTerminal(run.status),
  };
}
