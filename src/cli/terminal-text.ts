/** Longer sequences are none: what was held back for their end is let go. */
const longestSequence = 4096;

/**
 * Escape sequences (ECMA-48): commands to the system, with their end; control sequences; all others. Then the control
 * characters themselves, but for tab and line ends.
 */
const obeyed =
  // oxlint-disable-next-line no-control-regex -- control characters are what must not get through
  /\u001b[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b\[[0-?]*[ -/]*[@-~]|\u001b[ -/]*[0-~]|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;

// oxlint-disable-next-line no-control-regex -- as above
const colour = /^\u001b\[[\d;:]*m$/;

/** The beginning of a sequence whose end has not come yet. */
// oxlint-disable-next-line no-control-regex -- as above
const unfinished = /\u001b(?:[\]PX^_][^\u0007\u001b]*\u001b?|\[[0-?]*[ -/]*|[ -/]*)$/;

/** Text with its lines, tabs and, where asked for, colours, but with nothing else in it that a terminal would obey. */
export function terminalText(text: string, keepsColours: boolean): string {
  return text.replaceAll(obeyed, (sequence) => (keepsColours && colour.test(sequence) ? sequence : ''));
}

/** The same of bytes that come piece by piece: characters and sequences may be cut anywhere. */
export class TerminalStream {
  readonly #decoder = new TextDecoder();
  readonly #keepsColours: boolean;
  #heldBack = '';

  constructor(keepsColours: boolean) {
    this.#keepsColours = keepsColours;
  }

  /** What can be shown by now. */
  take(bytes: Uint8Array): string {
    const text = this.#heldBack + this.#decoder.decode(bytes, { stream: true });
    const start = unfinished.exec(text)?.index ?? text.length;
    const isBegun = start < text.length && text.length - start <= longestSequence;
    this.#heldBack = isBegun ? text.slice(start) : '';
    return terminalText(isBegun ? text.slice(0, start) : text, this.#keepsColours);
  }

  /** The rest; colours end with it. */
  end(): string {
    const rest = terminalText(this.#heldBack + this.#decoder.decode(), this.#keepsColours);
    this.#heldBack = '';
    return this.#keepsColours ? `${rest}\u001b[0m` : rest;
  }
}
