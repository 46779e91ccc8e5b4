/** What a run itself may write into its folder (`$WARDEN_RUN_DIR`), by name. */
export const runFiles = {
  /** A folder: each file in it is a critical section. */
  critical: 'critical',
  /** A folder: what is saved there is handed to the run's restart. */
  checkpoint: 'checkpoint',
  /** Touched, or written to with what the run is doing: a sign of life. */
  heartbeat: 'heartbeat',
  /** Seconds that the run asks for when it is told to end. */
  moreTime: 'more-time',
} as const;

/** Longer names of critical sections are cut. */
const nameLength = 80;

/** Longer words about what a run is doing are cut. */
const messageLength = 200;

/** A name that a run gave, fit for a terminal. */
export function readableName(name: string): string {
  const words = readable(name, nameLength);
  return words === '' ? '?' : words;
}

/** What a run says that it is doing, fit for a terminal; null when that is nothing. */
export function readableMessage(text: string): string | null {
  const words = readable(text, messageLength);
  return words === '' ? null : words;
}

/** On one line, and with nothing in it that a terminal would obey. */
function readable(text: string, most: number): string {
  const plain = text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ');
  const words = plain.trim().replaceAll(/\s+/g, ' ');
  return words.length > most ? `${words.slice(0, most - 1).toWellFormed()}…` : words;
}

/** The pid on the first line of a file that declares a critical section; null when there is none. */
export function holderIn(text: string): number | null {
  const pid = Number(/^[^\S\n]*(\d+)\s*(?:\n|$)/.exec(text)?.[1]);
  return Number.isSafeInteger(pid) && pid > 0 ? pid : null;
}

/** Milliseconds in a file that asks for more time, in seconds; 0 when it holds no number. */
export function moreTimeIn(text: string): number {
  const seconds = /^\s*(\d+(?:\.\d+)?)\s*$/.exec(text)?.[1];
  return seconds === undefined ? 0 : Math.min(Number(seconds) * 1000, Number.MAX_SAFE_INTEGER);
}
