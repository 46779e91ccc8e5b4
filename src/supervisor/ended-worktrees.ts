import { afterKept, againAfter, goesWithWork } from '../core/automatic-cleanup.ts';
import type { KeepReason } from '../core/removal.ts';
import type { Run } from '../core/run.ts';
import type { RunId } from '../core/run-id.ts';
import { BackgroundRound } from './background-round.ts';
import { entryOf, removeWorktree, type RemovalTerms } from './cleanup.ts';
import { asSystem, auditOf, type World } from './world.ts';

/** What was found to keep a worktree that may pass. */
interface Try {
  readonly count: number;
  /** Monotonic milliseconds. */
  readonly nextAt: number;
}

/**
 * Removes the worktrees of runs that have ended where their workflow says so, one after the other. What is still to be done
 * is read from the runs themselves, so that whoever comes next goes on.
 */
export class EndedWorktrees {
  readonly #world: World;
  readonly #tries = new Map<RunId, Try>();
  readonly #round: BackgroundRound;
  /** Of the runs when they were looked at last. */
  #version: number | null = null;

  constructor(world: World) {
    this.#world = { ...world, ...asSystem(world) };
    this.#round = new BackgroundRound((error) =>
      world.diagnostics.failed('removing the worktrees of runs that have ended', error),
    );
  }

  get isBusy(): boolean {
    return this.#round.isUnderWay;
  }

  /** Begins with what is due, if that is not under way already. Costs microseconds when no run has changed. */
  attend(): void {
    const { store, clock } = this.#world;
    if (this.#round.isUnderWay) return;
    const version = store.runsVersion();
    const now = clock.monotonic();
    if (version === this.#version && !this.#tries.values().some(({ nextAt }) => nextAt <= now)) return;
    this.#round.begin(async () => {
      await this.#removeDue();
      this.#version = version;
    });
  }

  /** Resolves when none is being removed. */
  async settled(): Promise<void> {
    await this.#round.settled();
  }

  async #removeDue(): Promise<void> {
    const { store, clock, disposed } = this.#world;
    const runs = await store.uncleanedRuns();
    const left = new Set(runs.map(({ runId }) => runId));
    for (const runId of this.#tries.keys()) if (!left.has(runId)) this.#tries.delete(runId);
    for (const run of runs) {
      if (disposed.aborted) return;
      const tried = this.#tries.get(run.runId) ?? { count: 0, nextAt: -Infinity };
      if (tried.nextAt > clock.monotonic()) continue;
      const kept = await removeAtEnd(this.#world, run);
      if (kept === 'again') {
        const count = tried.count + 1;
        this.#tries.set(run.runId, { count, nextAt: clock.monotonic() + againAfter(count) });
      } else this.#tries.delete(run.runId);
    }
  }
}

async function removeAtEnd(world: World, run: Run): Promise<'removed' | 'again' | 'stays'> {
  const { store, worktrees, clock, diagnostics } = world;
  let reasons: readonly KeepReason[];
  // Git is at work in it meanwhile. That it failed is told elsewhere, and a removal keeps the work itself.
  await world.keeping.get(run.runId)?.catch(() => undefined);
  try {
    await store.requireDatabase();
    const repository = await worktrees.repositoryOf(run.repository);
    const there = await worktrees.list(repository, new Set([run.runId]));
    const own = there.find(({ path, restored }) => restored === null && path === run.worktree?.path);
    const terms = (): RemovalTerms => ({
      maxAgeHours: 0,
      force: own !== undefined && goesWithWork(run, own),
      isAsked: false,
      why: `cleanup: ${run.workflow.cleanup}`,
    });
    if (own === undefined) reasons = [{ code: 'failed', detail: 'its worktree is not there any more' }];
    else {
      const entry = await entryOf(world, own, terms);
      const outcome = entry.reasons.length > 0 ? entry : await removeWorktree(world, repository, entry, terms);
      if (!('reasons' in outcome)) return 'removed';
      reasons = outcome.reasons;
    }
  } catch (error) {
    diagnostics.failed(`removing the worktree of ${run.runId}`, error);
    reasons = [{ code: 'unknown_state' }];
  }
  const next = afterKept(reasons, run, clock.now());
  if (next === 'stays') {
    const facts = { path: run.worktree?.path ?? null, reasons: reasons.map(({ code }) => code) };
    const why = `cleanup: ${run.workflow.cleanup}`;
    await store.settleWorktree(run.runId, auditOf(world, run.runId, 'cleanup', 'refused', { why, facts }));
  }
  return next;
}
