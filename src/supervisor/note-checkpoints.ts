import { checkpointsToPrune } from '../core/checkpoint-keeping.ts';
import type { Run } from '../core/run.ts';
import { auditOf, type World } from './world.ts';

/** Deletes the checkpoints of a run that have had their time, and writes down which there are. */
export async function noteCheckpoints(world: World, run: Pick<Run, 'runId' | 'repository'>): Promise<void> {
  const { store, worktrees, clock, diagnostics } = world;
  const { runId } = run;
  try {
    const repository = await worktrees.repositoryOf(run.repository);
    const there = await worktrees.checkpointsOf(repository, runId);
    const gone = checkpointsToPrune(there, clock.now());
    if (gone.length > 0) {
      await worktrees.deleteCheckpoints(repository, gone);
      const facts = { checkpoints: gone.map(({ ref, commit }) => ({ ref, commit })) };
      await store.audit(auditOf(world, runId, 'prune checkpoints', 'done', { facts }));
    }
    await store.keepCheckpoints(
      runId,
      there.filter((checkpoint) => !gone.includes(checkpoint)),
    );
  } catch (error) {
    // The refs are the truth: what is not written down now is with the next one.
    diagnostics.failed(`noting the checkpoints of ${runId}`, error);
  }
}
