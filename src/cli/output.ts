import { styleText } from 'node:util';
import { plainLines } from '../plain-text.ts';
import { isColoured } from './colours.ts';
import { terminalText } from './terminal-text.ts';

export { oneLine } from '../plain-text.ts';

/** Longer without a word, and one wonders. */
const momentMilliseconds = 1_000;

type Style = 'red' | 'yellow' | 'green' | 'dim' | 'bold';

/**
 * Standard output for the result, standard error for everything else. Ends quietly when nobody reads any more. What is done
 * goes on when a log or a result cannot be written, as on a full disk: a watch whose log is full still ends what hangs.
 */
export class Output {
  /** One JSON document is printed instead of text. */
  readonly json: boolean;
  /** Text on standard output is painted. */
  readonly isColoured: boolean;
  readonly #closed = new AbortController();
  #failure: Error | null = null;

  constructor(json: boolean, environment: NodeJS.ProcessEnv) {
    this.json = json;
    this.isColoured = !json && isColoured(environment, process.stdout.isTTY);
    process.stdout.on('error', this.#onError);
    process.stderr.on('error', ignored);
  }

  /** Why the result could not be written; null where it could, or nobody wanted to read all of it. */
  get failure(): Error | null {
    return this.#failure;
  }

  /** Aborts when the reader of standard output is gone, or nothing can be written there. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Standard output is a terminal, which obeys what it shows. */
  get isTerminal(): boolean {
    return process.stdout.isTTY;
  }

  /** Width of the terminal; null where the result goes elsewhere. */
  get columns(): number | null {
    return process.stdout.isTTY ? process.stdout.columns : null;
  }

  /** The result: the document with `--json`, else the text. */
  async print(document: unknown, text: string): Promise<void> {
    if (this.json) await this.write(`${jsonText(document)}\n`);
    else if (text !== '') await this.show(text);
  }

  /** Lines of text, whoever they are from: a terminal obeys nothing in them but our colours. */
  async show(text: string): Promise<void> {
    await this.write(`${terminalText(text, this.isColoured)}\n`);
  }

  /** As it is. Resolves when it was taken, so that nothing piles up before a slow reader. */
  write(data: string | Uint8Array): Promise<void> {
    if (data.length === 0 || this.closed.aborted) return Promise.resolve();
    return new Promise((resolve) => process.stdout.write(data, () => resolve()));
  }

  /** A line on standard error. */
  tell(text: string): void {
    process.stderr.write(`warden: ${plainLines(text)}\n`);
  }

  /** Somebody may see what is being done. */
  get isWatched(): boolean {
    return process.stderr.isTTY;
  }

  /** What is being done, for who watches a terminal. */
  progress(text: string): void {
    if (this.isWatched) this.tell(text);
  }

  /** Waits for work. Where it takes more than a moment, who watches a terminal is told what it is. */
  async during<Result>(what: string, work: Promise<Result>): Promise<Result> {
    const timer = setTimeout(() => this.progress(what), momentMilliseconds);
    try {
      return await work;
    } finally {
      clearTimeout(timer);
    }
  }

  paint(style: Style, text: string): string {
    return this.isColoured ? styleText(style, text, { validateStream: false }) : text;
  }

  /** Takes the listeners back, after what is under way has had its say. */
  dispose(): void {
    setImmediate(() => {
      process.stdout.off('error', this.#onError);
      process.stderr.off('error', ignored);
    });
  }

  readonly #onError = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') this.#failure ??= error;
    this.#closed.abort();
  };
}

/** There is nowhere left to tell of it. */
const ignored = (): void => undefined;

/** Terminals obey some characters that JSON may hold as they are. */
function jsonText(document: unknown): string {
  return JSON.stringify(document, null, 2).replaceAll(
    // oxlint-disable-next-line no-control-regex -- control characters are what must not get through
    /[\u007f-\u009f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
