import { isDelivered } from '../core/delivery.ts';
import { WardenError } from '../core/errors.ts';
import {
  type ShownWebhook,
  shownWebhook,
  webhookFor,
  type WebhookRequested,
  webhookTestBody,
} from '../core/webhook.ts';
import { auditOf, type World } from './world.ts';

/** The webhook as it is set, and how many notices have not arrived there yet. */
export interface WebhookState {
  readonly webhook: ShownWebhook | null;
  readonly pending: number;
}

/** @throws WardenError invalid_webhook */
export async function webhookState({ webhookSettings, store }: World): Promise<WebhookState> {
  const webhook = await webhookSettings.load();
  if (webhook === null) return { webhook, pending: 0 };
  return { webhook: shownWebhook(webhook), pending: (await store.pendingNotices()).length };
}

/** What was there before the first one was set is not told any more. @throws WardenError invalid_webhook, state_folder_not_writable */
export async function setWebhook(world: World, requested: WebhookRequested): Promise<ShownWebhook> {
  const { store, clock, webhookSettings } = world;
  const webhook = webhookFor(requested);
  const shown = shownWebhook(webhook);
  const isFirst = (await webhookSettings.load().catch(() => webhook)) === null;
  for (const pending of isFirst ? await store.pendingNotices() : []) {
    const { attempts } = pending.delivery;
    await store.changeDelivery(pending, { dueAt: null, attempts, outcome: 'unwanted', settledAt: clock.now() });
  }
  await webhookSettings.save(webhook);
  await store.audit(auditOf(world, null, 'set_webhook', 'done', { facts: { ...shown } }));
  return shown;
}

/** @returns whether there was one */
export async function removeWebhook(world: World): Promise<boolean> {
  const wasSet = await world.webhookSettings.remove();
  if (wasSet) await world.store.audit(auditOf(world, null, 'remove_webhook', 'done'));
  return wasSet;
}

/** Sends something that says that it is a test, right now and once. @throws WardenError no_webhook, webhook_failed */
export async function testWebhook({ webhookSettings, webhookSender, clock, disposed }: World): Promise<ShownWebhook> {
  const webhook = await webhookSettings.load();
  if (webhook === null) throw new WardenError('no_webhook', {});
  const { address, format } = webhook;
  const { idempotencyKey, body } = webhookTestBody(format, clock.now());
  const answer = await webhookSender.send({ address, idempotencyKey, body }, disposed);
  if (isDelivered(answer)) return shownWebhook(webhook);
  const detail = answer.status === null ? answer.detail : '';
  throw new WardenError('webhook_failed', { host: address.host, status: answer.status, detail, isTriedAgain: false });
}
