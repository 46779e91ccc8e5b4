import { isCheckpointDue } from '../core/checkpoint-keeping.ts';
import type { Run } from '../core/run.ts';
import type { RunId } from '../core/run-id.ts';
import { BackgroundRound } from './background-round.ts';
import { checkpointAtInterval } from './keep-checkpoint.ts';
import type { World } from './world.ts';

/** Keeps the work of runs that go on, every so many minutes where their workflow asks for it: one after the other. */
export class PeriodicCheckpoints {
  readonly #world: World;
  /** Epoch milliseconds of the last try for each run. */
  readonly #tried = new Map<RunId, number>();
  readonly #round: BackgroundRound;

  constructor(world: World) {
    this.#world = world;
    this.#round = new BackgroundRound((error) => world.diagnostics.failed('keeping work at intervals', error));
  }

  /** Takes what is due, if that is not under way already. Returns at once. @param running all runs that go on */
  attend(running: readonly Run[]): void {
    const asking = running.filter(({ workflow }) => workflow.checkpointMinutes !== null);
    if (this.#round.isUnderWay || asking.length === 0) return this.#forget(running);
    this.#round.begin(() => this.#take(asking));
  }

  /** Resolves when none is being taken. */
  async settled(): Promise<void> {
    await this.#round.settled();
  }

  #forget(running: readonly Run[]): void {
    const there = new Set(running.map(({ runId }) => runId));
    for (const runId of this.#tried.keys()) if (!there.has(runId)) this.#tried.delete(runId);
  }

  async #take(asking: readonly Run[]): Promise<void> {
    const { clock, disposed, diagnostics } = this.#world;
    for (const run of asking) {
      if (disposed.aborted) return;
      const now = clock.now();
      if (!isCheckpointDue(run.workflow.checkpointMinutes, await this.#since(run), now)) continue;
      this.#tried.set(run.runId, now);
      // It is tried again after as long: the run goes on meanwhile, and a person may mend what kept it from being kept.
      await checkpointAtInterval(this.#world, run).catch((error: unknown) =>
        diagnostics.failed(`keeping the work of ${run.runId}`, error),
      );
    }
  }

  /** Whoever watched before may have taken one lately. */
  async #since({ runId, startedAt, createdAt }: Run): Promise<number> {
    const tried = this.#tried.get(runId);
    if (tried !== undefined) return tried;
    const taken = (await this.#world.store.checkpoints(runId)).at(-1)?.at ?? -Infinity;
    const since = Math.max(taken, startedAt ?? createdAt);
    this.#tried.set(runId, since);
    return since;
  }
}
