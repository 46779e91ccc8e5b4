import { WardenError } from './errors.ts';

/** Longer is not the address of anything. */
const longestAddress = 4_096;

/**
 * The URL of a webhook. Whoever knows it can post there, so it is a secret: neither printing nor serialising this gives
 * more of it away than the host.
 */
export class WebhookAddress {
  readonly #url: URL;
  readonly host: string;

  private constructor(url: URL) {
    this.#url = url;
    this.host = url.host;
  }

  /**
   * Only what nobody can read on its way is taken: https, and http to this machine.
   * @param path of the file that it comes from; null when somebody typed it
   * @throws WardenError invalid_webhook, which does not repeat the text
   */
  static from(text: string, path: string | null = null): WebhookAddress {
    const refuse = (problem: 'no_url' | 'not_a_url' | 'not_https' | 'credentials'): WardenError =>
      new WardenError('invalid_webhook', { path, problem });
    if (text === '') throw refuse('no_url');
    const url = text.length > longestAddress || /\s/.test(text) ? null : URL.parse(text);
    if (url === null || url.host === '') throw refuse('not_a_url');
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isThisMachine(url.hostname)))
      throw refuse('not_https');
    if (url.username !== '' || url.password !== '') throw refuse('credentials');
    url.hash = '';
    return new WebhookAddress(url);
  }

  /** For who sends to it, and for the one file that keeps it. */
  reveal(): string {
    return this.#url.href;
  }

  toJSON(): string {
    return this.toString();
  }

  toString(): string {
    return `${this.#url.protocol}//${this.host}/…`;
  }
}

const isThisMachine = (hostname: string): boolean => /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
