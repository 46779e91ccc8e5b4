import type { Face } from '../core/actor.ts';
import { type KeyRefusal, type RefusedKeys, withRefusal } from '../core/refused-key.ts';
import { auditOf, type World } from './world.ts';

/** The first is told at once, and all that come within so long after it in one entry when that is over. */
const togetherMilliseconds = 60_000;

type Needed = Pick<World, 'store' | 'clock' | 'diagnostics' | 'disposed'>;

/** Tells the audit log of those who were not let in: two entries a minute, kind and way at most, however many come. */
export class RefusedKeyAudit {
  readonly #world: Needed;
  /** What is not told yet; null when nothing is. */
  readonly #untold = new Map<string, RefusedKeys | null>();
  readonly #underWay = new Set<Promise<void>>();

  constructor(world: Needed) {
    this.#world = world;
  }

  /** Returns at once: by how long an answer takes nobody learns why he was refused, and nobody waits for the disk. */
  note(refusal: KeyRefusal, face: Face): void {
    const name = `${refusal.kind} ${face}`;
    const before = this.#untold.get(name);
    this.#untold.set(name, withRefusal(before ?? null, refusal, this.#world.clock.now()));
    if (before !== undefined) return;
    const telling = this.#tell(name, refusal.kind, face).finally(() => this.#underWay.delete(telling));
    this.#underWay.add(telling);
  }

  /** Resolves when all were told; once the supervisor is disposed of, that is soon. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async #tell(name: string, kind: KeyRefusal['kind'], face: Face): Promise<void> {
    const { clock, diagnostics, disposed } = this.#world;
    for (let untold = this.#untold.get(name) ?? null; untold !== null; untold = this.#untold.get(name) ?? null) {
      this.#untold.set(name, null);
      await this.#audit(kind, face, untold).catch((error: unknown) =>
        diagnostics.failed('auditing a refused key', error),
      );
      await clock.sleep(togetherMilliseconds, disposed).catch(() => undefined);
    }
    this.#untold.delete(name);
  }

  async #audit(kind: KeyRefusal['kind'], face: Face, { times, since, ids }: RefusedKeys): Promise<void> {
    const { store, clock } = this.#world;
    const world = { clock, actor: { user: 'unknown', face } };
    const facts = { refusal: kind, times, since: new Date(since).toISOString(), ...(ids.length === 0 ? {} : { ids }) };
    await store.audit(auditOf(world, null, 'use_key', 'refused', { facts }));
    await store.auditCopied();
  }
}
