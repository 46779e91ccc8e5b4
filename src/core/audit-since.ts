import { type ChainedEntry, type ChainHead, type Digest, faultOf, isRedacted } from './audit-chain.ts';
import type { PermissionRequest } from './permission-request.ts';
import { isRunId, type RunId } from './run-id.ts';

/**
 * What a backup of the database does not know, as the audit log tells it: which keys were revoked and which runs
 * forgotten since, and what runs asked for and were answered.
 */
export class AuditSince {
  readonly #first: ChainHead;
  readonly #remembered: ReadonlyMap<number, readonly ChainHead[]>;
  /** The last entry that is remembered. */
  readonly #known: number;
  readonly #digest: Digest;
  readonly #revoked = new Map<string, number>();
  readonly #forgotten = new Set<RunId>();
  readonly #requests = new Map<number, PermissionRequest>();
  readonly #answers = new Map<number, RequestAnswer>();
  #last: ChainHead;
  #entries = 0;
  #isUnbroken = true;

  /**
   * @param first last entry of the backup
   * @param remembered where the log had come to, as far as it is remembered outside of it
   */
  constructor(first: ChainHead, remembered: readonly ChainHead[], digest: Digest) {
    this.#first = first;
    this.#last = first;
    this.#remembered = Map.groupBy(remembered, ({ entry }) => entry);
    this.#known = remembered.reduce((most, { entry }) => Math.max(most, entry), 0);
    this.#digest = digest;
  }

  /** The next entry, in their order. */
  add(entry: ChainedEntry): void {
    const isNext = entry.entry === this.#last.entry + 1;
    const isIntact = faultOf(entry, this.#last.hash, this.#digest) === null;
    const isRemembered = (this.#remembered.get(entry.entry) ?? []).every(({ hash }) => hash === entry.hash);
    // Of a key whose revocation was redacted nobody knows which it was.
    const isReadable = entry.action !== 'revoke_key' || !isRedacted(entry);
    this.#isUnbroken &&= isNext && isIntact && isRemembered && isReadable;
    this.#last = { entry: entry.entry, hash: entry.hash ?? '' };
    if (entry.entry <= this.#known) this.#entries += 1;
    this.#take(entry);
  }

  /** Every entry up to the last that is remembered is there as it was written: nothing was revoked that is not known. */
  get isWhole(): boolean {
    const reaches = this.#known >= this.#first.entry && this.#last.entry >= this.#known;
    return this.#isUnbroken && this.#remembered.size > 0 && reaches;
  }

  /** So many entries are lost, as far as anybody remembers. */
  get missing(): number {
    return Math.max(0, this.#known - this.#first.entry - this.#entries);
  }

  /** When each was revoked, in epoch milliseconds. */
  get revokedKeys(): ReadonlyMap<string, number> {
    return this.#revoked;
  }

  /** Runs whose rows were removed for good, as old ones are. */
  get forgottenRuns(): ReadonlySet<RunId> {
    return this.#forgotten;
  }

  /** Those that were asked since. */
  get requests(): readonly PermissionRequest[] {
    return [...this.#requests.values()];
  }

  /** By the number of the request, which may be older. */
  get answers(): ReadonlyMap<number, RequestAnswer> {
    return this.#answers;
  }

  #take(entry: ChainedEntry): void {
    const { action, outcome, at, runId } = entry;
    if (action === 'forget_run' && outcome === 'done' && runId !== null) this.#forgotten.add(runId);
    const facts = factsOf(entry);
    if (action === 'revoke_key' && outcome === 'done' && typeof facts['id'] === 'string')
      this.#revoked.set(facts['id'], at);
    const number = facts['request'];
    if (typeof number !== 'number') return;
    if (action === 'ask' && outcome === 'asked') this.#ask(number, entry, facts);
    if (action === 'expire_request') this.#answers.set(number, { state: 'expired', answeredAt: at, answeredBy: null });
    if (action === 'answer' && outcome === 'done') {
      const state = facts['answer'] === 'approve' ? 'approved' : 'denied';
      this.#answers.set(number, { state, answeredAt: at, answeredBy: entry.user });
    }
  }

  #ask(id: number, { runId, at, why }: ChainedEntry, { force, by_run: askedBy }: Facts): void {
    if (runId === null || typeof askedBy !== 'string' || !isRunId(askedBy)) return;
    const asked = { id, runId, askedBy, force: force === true, why, askedAt: at } as const;
    this.#requests.set(id, { ...asked, state: 'open', answeredAt: null, answeredBy: null });
  }
}

export type RequestAnswer = Pick<PermissionRequest, 'state' | 'answeredAt' | 'answeredBy'>;

type Facts = Readonly<Record<string, unknown>>;

function factsOf({ facts }: ChainedEntry): Facts {
  const found: unknown = JSON.parse(facts);
  return typeof found === 'object' && found !== null ? (found as Facts) : {};
}
