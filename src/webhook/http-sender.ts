import type { WebhookAnswer } from '../core/delivery.ts';
import type { WebhookRequest, WebhookSender } from '../core/ports/webhook.ts';

/** Slack itself answers within a second; whoever takes longer than this is asked again later. */
const defaultTimeoutMilliseconds = 10_000;

/**
 * Posts over HTTP. Redirects are not followed: what is sent to one place must not go to another, and neither must the address.
 * Errors are told by their code only, since their words may repeat the address.
 */
export class HttpSender implements WebhookSender {
  readonly #timeoutMilliseconds: number;

  constructor(timeoutMilliseconds = defaultTimeoutMilliseconds) {
    this.#timeoutMilliseconds = timeoutMilliseconds;
  }

  async send({ address, idempotencyKey, body }: WebhookRequest, signal: AbortSignal): Promise<WebhookAnswer> {
    signal.throwIfAborted();
    const timeout = AbortSignal.timeout(this.#timeoutMilliseconds);
    try {
      const response = await fetch(address.reveal(), {
        method: 'POST',
        redirect: 'manual',
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'idempotency-key': idempotencyKey,
          'user-agent': 'workflow-warden',
        },
        body,
        signal: AbortSignal.any([timeout, signal]),
      });
      // Nothing that it says is of use, however long it is.
      await response.body?.cancel();
      return { status: response.status, retryAfter: response.headers.get('retry-after') };
    } catch (error) {
      signal.throwIfAborted();
      if (timeout.aborted) return { status: null, detail: `nothing within ${this.#timeoutMilliseconds / 1_000} s` };
      return { status: null, detail: codeOf(error) };
    }
  }
}

/** fetch says only "fetch failed" and gives the system's error as its cause; of several addresses the first that failed. */
function codeOf(error: unknown): string {
  const { cause } = error as { readonly cause?: unknown };
  if (cause instanceof AggregateError) return codeOf({ cause: cause.errors[0] as unknown });
  const { code } = (cause ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' ? code : 'no connection';
}
