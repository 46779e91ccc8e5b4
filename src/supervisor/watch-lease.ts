import { type Lease, mayHoldLease, type Watcher, watcherSeen } from '../core/lease.ts';
import { isSameProcess } from '../core/process-identity.ts';
import type { World } from './world.ts';

/** The lease of the periodic watching, as one supervisor tries for it at each of its beats. */
export class WatchLease {
  readonly #world: World;
  #seen: Lease | null = null;
  #watcher: Watcher | null = null;

  constructor(world: World) {
    this.#world = world;
  }

  /** Who watches, as of the last beat. */
  get watcher(): Watcher | null {
    return this.#watcher;
  }

  get isHeld(): boolean {
    return this.#watcher === 'this';
  }

  /** Takes, renews or only reads it: those who may not have it write nothing. */
  async hold(): Promise<void> {
    const { store, executor, clock, actor } = this.#world;
    const candidate = { holder: executor.self, face: actor.face };
    if (this.isHeld) {
      // Renewed where nobody took it meanwhile.
      this.#see(await store.holdLease(candidate, null));
      return;
    }
    let lease = await store.lease();
    const gone = lease !== null && !(await executor.isAlive(lease.holder)) ? lease.holder : null;
    if (mayHoldLease(candidate, lease, clock.now(), gone)) lease = await store.holdLease(candidate, gone);
    this.#see(lease);
  }

  #see(lease: Lease | null): void {
    this.#watcher = watcherSeen(this.#world.executor.self, this.#seen, lease);
    this.#seen = lease;
  }

  /** Asked right before something is done as the one who watches: whoever was stopped for a while may have lost it. */
  async isStillHeld(): Promise<boolean> {
    if (!this.isHeld) return false;
    const lease = await this.#world.store.lease();
    if (lease === null || !isSameProcess(lease.holder, this.#world.executor.self)) this.#watcher = null;
    return this.isHeld;
  }

  /** The database cannot be written: nobody holds it then. */
  forget(): void {
    this.#watcher = null;
  }

  async giveBack(): Promise<void> {
    const { store, executor, diagnostics } = this.#world;
    await store
      .releaseLease(executor.self)
      .catch((error: unknown) => diagnostics.failed('giving back the lease', error));
  }
}
