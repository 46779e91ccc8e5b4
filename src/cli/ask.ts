import { createInterface } from 'node:readline/promises';
import type { Output } from './output.ts';

/** Whether a person is there to answer. */
export function canAsk(output: Output): boolean {
  return !output.json && process.stdin.isTTY && process.stderr.isTTY;
}

/** Asks for a yes on standard error. The end of the input is no answer, and no answer is no. */
export async function saysYes(question: string): Promise<boolean> {
  return /^y(es)?$/i.test((await typed(`${question} [y/N] `)) ?? '');
}

/** What somebody types, asked for on standard error; null when the input has ended. */
export async function typed(question: string): Promise<string | null> {
  const conversation = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new AbortController();
  conversation.once('close', () => ended.abort());
  conversation.once('SIGINT', () => conversation.close());
  try {
    return (await conversation.question(question, { signal: ended.signal })).trim();
  } catch (error) {
    if (ended.signal.aborted) return null;
    throw error;
  } finally {
    conversation.close();
  }
}
