import type { WebhookAnswer } from '../delivery.ts';
import type { Webhook } from '../webhook.ts';
import type { WebhookAddress } from '../webhook-address.ts';

/** Where the webhook is kept: one for all windows and commands. */
export interface WebhookSettings {
  /** Null when none is set. @throws WardenError invalid_webhook */
  load(): Promise<Webhook | null>;
  save(webhook: Webhook): Promise<void>;
  /** @returns whether there was one */
  remove(): Promise<boolean>;
}

export interface WebhookRequest {
  readonly address: WebhookAddress;
  readonly idempotencyKey: string;
  /** JSON. */
  readonly body: string;
}

/** The way out of the machine. */
export interface WebhookSender {
  /** Never takes longer than some seconds. What goes wrong is an answer. Rejects with the signal's reason when aborted. */
  send(request: WebhookRequest, signal: AbortSignal): Promise<WebhookAnswer>;
}
