import type { Health } from '../core/health.ts';
import { noticesOfHealth } from '../core/notice.ts';
import type { RunStates } from '../core/ports/outbox.ts';
import type { Run } from '../core/run.ts';
import type { RunId } from '../core/run-id.ts';
import { isSnoozed } from './inspect.ts';
import type { World } from './world.ts';

/** Has the states that runs under way are in taken down once for as long as they hold. Writes only what is news. */
export class HealthNotices {
  readonly #world: World;
  /** The states that each run was in at the last look. */
  #known: ReadonlyMap<RunId, string> = new Map();

  constructor(world: World) {
    this.#world = world;
  }

  /** Somebody else takes them down from now on. */
  forget(): void {
    this.#known = new Map();
  }

  /** @param looked all runs under way */
  async record(looked: readonly { readonly run: Run; readonly health: Health }[]): Promise<void> {
    const { store, executor, clock } = this.#world;
    const at = clock.now();
    const states = looked.map(({ run, health }): RunStates => ({
      runId: run.runId,
      notices: isSnoozed(this.#world, run) ? [] : noticesOfHealth(run, health, at),
    }));
    const news = states.filter((state) => this.#known.get(state.runId) !== kindsOf(state));
    if (news.length > 0) await store.recordStates(executor.self, news);
    this.#known = new Map(states.map((state) => [state.runId, kindsOf(state)]));
  }
}

const kindsOf = ({ notices }: RunStates): string => notices.map(({ kind }) => kind).join(' ');
