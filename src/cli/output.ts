import { styleText } from 'node:util';

export { oneLine } from '../plain-text.ts';

type Style = 'red' | 'yellow' | 'green' | 'dim' | 'bold';

/** Standard output for the result, standard error for everything else. Ends quietly when nobody reads any more. */
export class Output {
  /** One JSON document is printed instead of text. */
  readonly json: boolean;
  readonly #closed = new AbortController();
  readonly #isColoured: boolean;

  constructor(json: boolean, environment: NodeJS.ProcessEnv) {
    this.json = json;
    const noColour = (environment['NO_COLOR'] ?? '') !== '' || environment['TERM'] === 'dumb';
    this.#isColoured = process.stdout.isTTY && !json && !noColour;
    process.stdout.on('error', this.#onError);
    process.stderr.on('error', this.#onError);
  }

  /** Aborts when the reader of standard output is gone. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Width of the terminal; null where the result goes elsewhere. */
  get columns(): number | null {
    return process.stdout.isTTY ? process.stdout.columns : null;
  }

  /** The result: the document with `--json`, else the text. */
  async print(document: unknown, text: string): Promise<void> {
    await this.write(this.json ? `${JSON.stringify(document, null, 2)}\n` : text === '' ? '' : `${text}\n`);
  }

  /** Resolves when it was taken, so that nothing piles up before a slow reader. */
  write(data: string | Uint8Array): Promise<void> {
    if (data.length === 0 || this.closed.aborted) return Promise.resolve();
    return new Promise((resolve) => process.stdout.write(data, () => resolve()));
  }

  /** A line on standard error. */
  tell(text: string): void {
    process.stderr.write(`warden: ${text}\n`);
  }

  /** What is being done, for who watches a terminal. */
  progress(text: string): void {
    if (process.stderr.isTTY) this.tell(text);
  }

  paint(style: Style, text: string): string {
    return this.#isColoured ? styleText(style, text, { validateStream: false }) : text;
  }

  /** Takes the listeners back, after what is under way has had its say. */
  dispose(): void {
    setImmediate(() => {
      process.stdout.off('error', this.#onError);
      process.stderr.off('error', this.#onError);
    });
  }

  readonly #onError = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') throw error;
    this.#closed.abort();
  };
}
