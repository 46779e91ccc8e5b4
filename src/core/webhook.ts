import { WardenError } from './errors.ts';
import { plainEnglish } from './messages.ts';
import { idempotencyKeyOf, isNoticeKind, type Notice, type NoticeKind, noticeKinds } from './notice.ts';
import { describeNotice } from './notice-words.ts';
import { WebhookAddress } from './webhook-address.ts';

/** `slack` is what Slack, Mattermost and Rocket.Chat take; `plain` is our own, see docs/notifications.md. */
export const webhookFormats = ['slack', 'plain'] as const;

export type WebhookFormat = (typeof webhookFormats)[number];

export function isWebhookFormat(text: string): text is WebhookFormat {
  return (webhookFormats as readonly string[]).includes(text);
}

/** Where notices go, which, and how they are written. */
export interface Webhook {
  readonly address: WebhookAddress;
  readonly format: WebhookFormat;
  readonly on: readonly NoticeKind[];
}

/** A webhook as somebody asks for it. */
export interface WebhookRequested {
  readonly url: string;
  /** As the host suggests when absent. */
  readonly format?: WebhookFormat;
  /** All kinds when absent. */
  readonly on?: readonly NoticeKind[];
}

/** @throws WardenError invalid_webhook */
export function webhookFor({ url, format, on = noticeKinds }: WebhookRequested): Webhook {
  const address = WebhookAddress.from(url);
  return { address, format: format ?? formatFor(address), on };
}

/** What anybody may see of it. */
export interface ShownWebhook {
  readonly host: string;
  readonly format: WebhookFormat;
  readonly on: readonly NoticeKind[];
}

export function shownWebhook({ address: { host }, format, on }: Webhook): ShownWebhook {
  return { host, format, on };
}

const formatFor = ({ host }: WebhookAddress): WebhookFormat =>
  /(^|\.)slack(-gov)?\.com$/.test(host) ? 'slack' : 'plain';

/** The file's content; the only text that the address is written into. */
export function webhookFileText({ address, format, on }: Webhook): string {
  return `${JSON.stringify({ url: address.reveal(), format, on }, null, 2)}\n`;
}

/**
 * @param path for the error
 * @throws WardenError invalid_webhook, which does not repeat what is in the file
 */
export function webhookIn(text: string, path: string): Webhook {
  let content: unknown = null;
  try {
    content = JSON.parse(text);
  } catch {
    // What the parser says would repeat a part of it.
  }
  if (typeof content !== 'object' || content === null)
    throw new WardenError('invalid_webhook', { path, problem: 'not_json' });
  const { url, format, on = noticeKinds } = content as Readonly<Record<string, unknown>>;
  const address = WebhookAddress.from(typeof url === 'string' ? url : '', path);
  if (format !== undefined && !(typeof format === 'string' && isWebhookFormat(format))) {
    throw new WardenError('invalid_webhook', { path, problem: 'format' });
  }
  if (!Array.isArray(on) || !on.every((kind): kind is NoticeKind => typeof kind === 'string' && isNoticeKind(kind))) {
    throw new WardenError('invalid_webhook', { path, problem: 'kinds' });
  }
  return { address, format: format ?? formatFor(address), on };
}

/** What is posted, as JSON. The same at each try, as its idempotency key promises. */
export function webhookBody(format: WebhookFormat, notice: Notice): string {
  const text = describeNotice(notice, plainEnglish);
  return bodyIn(format, text, () => plainBody(notice, text));
}

/** What is posted to see whether it arrives. @param at epoch milliseconds */
export function webhookTestBody(
  format: WebhookFormat,
  at: number,
): { readonly idempotencyKey: string; readonly body: string } {
  const idempotencyKey = `test-${at}`;
  const text = plainEnglish('This is a test of Workflow Warden: notices of runs come here.');
  const plain = {
    version: 1,
    idempotency_key: idempotencyKey,
    kind: 'test',
    at: isoTime(at),
    text,
    reasons: [],
    run: null,
  };
  return { idempotencyKey, body: bodyIn(format, text, () => plain) };
}

function bodyIn(format: WebhookFormat, text: string, plain: () => object): string {
  return JSON.stringify(format === 'slack' ? { text: escapedForSlack(text) } : plain());
}

/** https://docs.slack.dev/messaging/formatting-message-text/#escaping */
function escapedForSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function plainBody(notice: Notice, text: string): object {
  const { at, startedAt } = notice;
  return {
    version: 1,
    idempotency_key: idempotencyKeyOf(notice),
    kind: notice.kind,
    at: isoTime(at),
    text,
    reasons: notice.reasons,
    run: {
      run_id: notice.runId,
      workflow_name: notice.workflowName,
      repository: notice.repository,
      status: notice.status,
      created_at: isoTime(notice.createdAt),
      started_at: isoTime(startedAt),
      ended_at: isoTime(notice.endedAt),
      duration_ms: startedAt === null ? null : at - startedAt,
      exit_code: notice.exitCode,
      signal: notice.signal,
      kill_method: notice.killMethod,
    },
  };
}

const isoTime = (epochMilliseconds: number | null): string | null =>
  epochMilliseconds === null ? null : new Date(epochMilliseconds).toISOString();
