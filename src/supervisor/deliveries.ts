import {
  claimMilliseconds,
  deliveryStep,
  isDue,
  isStale,
  pauseAfter,
  type PendingNotice,
  type WebhookAnswer,
} from '../core/delivery.ts';
import { detailOf, WardenError } from '../core/errors.ts';
import { idempotencyKeyOf, type Notice } from '../core/notice.ts';
import { type Webhook, webhookBody } from '../core/webhook.ts';
import { BackgroundRound } from './background-round.ts';
import { isSnoozed } from './inspect.ts';
import type { World } from './world.ts';

/** Whoever watches in the place of a window stays no longer for a notice that does not get through. */
const stayMilliseconds = 60_000;

/** What was settled longer ago is forgotten. */
const rememberedMilliseconds = 30 * 24 * 60 * 60_000;
const pruneEveryMilliseconds = 24 * 60 * 60_000;

/** Until a webhook that cannot be read is read again. */
const unreadablePauseMilliseconds = 60_000;

/**
 * Sends what is in the outbox to the webhook, one after the other, in the background: nothing waits for it. While the
 * webhook fails it is left alone for longer and longer. Two who send at the same time, as when the lease changes hands, do
 * not send the same; one who crashes in the middle leaves it to be sent again, with the same key.
 */
export class Deliveries {
  readonly #world: World;
  readonly #ended = new AbortController();
  readonly #round = new BackgroundRound((error) => this.#tell(error));
  #isSending = false;
  /** Monotonic: nothing is sent before. */
  #restsUntil = -Infinity;
  #failuresInARow = 0;
  #prunedAt = -Infinity;
  #told: string | null = null;

  constructor(world: World) {
    this.#world = world;
  }

  /** Sends what is due, if that is not under way already. Returns at once. */
  attend(): void {
    if (this.#round.isUnderWay || this.#isResting()) return;
    this.#round.begin(() => this.#send());
  }

  /** A request is under way. */
  get isSending(): boolean {
    return this.#isSending;
  }

  /** Whether there is something to stay for: a notice of the last minute that has not arrived. */
  async isAwaited(): Promise<boolean> {
    if (this.isSending) return true;
    const { store, clock, webhookSettings } = this.#world;
    const pending = await store.pendingNotices();
    const now = clock.now();
    if (!pending.some(({ notice }) => Math.abs(now - notice.at) < stayMilliseconds)) return false;
    return (await webhookSettings.load().catch(() => null)) !== null;
  }

  /** Gives up what is under way; whoever comes next sends it. */
  async dispose(): Promise<void> {
    this.#ended.abort();
    await this.#round.settled();
  }

  #isResting(): boolean {
    return this.#world.clock.monotonic() < this.#restsUntil;
  }

  async #send(): Promise<void> {
    const { store, clock, webhookSettings } = this.#world;
    const now = clock.now();
    const due = (await store.pendingNotices()).filter(({ delivery }) => isDue(delivery, now));
    if (due.length === 0) return;
    const webhook = await webhookSettings.load();
    this.#told = null;
    for (const pending of due) {
      if (this.#ended.signal.aborted || this.#isResting()) return;
      await this.#deal(pending, webhook).finally(() => {
        this.#isSending = false;
      });
    }
    await this.#prune();
  }

  async #deal(pending: PendingNotice, webhook: Webhook | null): Promise<void> {
    const { store, clock } = this.#world;
    const { notice, delivery } = pending;
    const run = await store.run(notice.runId);
    const isWanted =
      webhook !== null && webhook.on.includes(notice.kind) && !(run !== null && isSnoozed(this.#world, run));
    if (!isWanted) return this.#settle(pending, 'unwanted');
    if (isStale(notice, clock.now())) {
      this.#tellOf(notice, new WardenError('notice_given_up', { host: webhook.address.host }));
      return this.#settle(pending, 'given_up');
    }
    this.#isSending = true;
    const attempts = delivery.attempts + 1;
    const claimed = { notice, delivery: { dueAt: clock.now() + claimMilliseconds, attempts } };
    if (!(await store.changeDelivery(pending, claimed.delivery))) return;
    const request = {
      address: webhook.address,
      idempotencyKey: idempotencyKeyOf(notice),
      body: webhookBody(webhook.format, notice),
    };
    const answer = await this.#world.webhookSender.send(request, this.#ended.signal);
    await this.#take(claimed, webhook, answer);
  }

  async #take(claimed: PendingNotice, webhook: Webhook, answer: WebhookAnswer): Promise<void> {
    const { store, clock, randomBytes } = this.#world;
    const { attempts } = claimed.delivery;
    const random = (randomBytes(1)[0] ?? 0) / 255;
    const step = deliveryStep(answer, attempts, clock.now(), random);
    switch (step.kind) {
      case 'delivered':
        this.#failuresInARow = 0;
        return this.#settle(claimed, 'delivered');
      case 'give_up':
        this.#tellFailure(claimed, webhook, answer, false);
        return this.#settle(claimed, 'given_up');
      case 'retry': {
        this.#failuresInARow += 1;
        // Told once, not at each try.
        if (this.#failuresInARow === 1) this.#tellFailure(claimed, webhook, answer, true);
        // The others would fare no better now.
        const pause = Math.max(step.inMilliseconds, pauseAfter(this.#failuresInARow, random));
        this.#restsUntil = clock.monotonic() + pause;
        await store.changeDelivery(claimed, { dueAt: clock.now() + pause, attempts });
      }
    }
  }

  async #settle(pending: PendingNotice, outcome: 'delivered' | 'given_up' | 'unwanted'): Promise<void> {
    const { store, clock } = this.#world;
    const { attempts } = pending.delivery;
    await store.changeDelivery(pending, { dueAt: null, attempts, outcome, settledAt: clock.now() });
  }

  async #prune(): Promise<void> {
    const { store, clock } = this.#world;
    if (clock.monotonic() - this.#prunedAt < pruneEveryMilliseconds) return;
    this.#prunedAt = clock.monotonic();
    await store.pruneNotices(clock.now() - rememberedMilliseconds);
  }

  #tellFailure(
    { notice }: PendingNotice,
    { address: { host } }: Webhook,
    answer: WebhookAnswer,
    isTriedAgain: boolean,
  ): void {
    const detail = answer.status === null ? answer.detail : '';
    const error = new WardenError('webhook_failed', { host, status: answer.status, detail, isTriedAgain });
    this.#tellOf(notice, error);
  }

  #tellOf({ runId, kind }: Notice, error: WardenError): void {
    this.#world.diagnostics.failed(`telling the webhook of ${runId} (${kind})`, error);
  }

  #tell(error: unknown): void {
    if (this.#ended.signal.aborted) return;
    this.#restsUntil = this.#world.clock.monotonic() + unreadablePauseMilliseconds;
    // Told once, not at each try.
    const what = detailOf(error);
    if (what !== this.#told) this.#world.diagnostics.failed('telling the webhook', error);
    this.#told = what;
  }
}
