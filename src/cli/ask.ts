import { createInterface } from 'node:readline/promises';
import type { Output } from './output.ts';

/** Whether a person is there to answer. */
export function canAsk(output: Output): boolean {
  return !output.json && process.stdin.isTTY && process.stderr.isTTY;
}

/** Asks for a yes on standard error. The end of the input is no answer, and no answer is no. */
export async function saysYes(question: string): Promise<boolean> {
  const conversation = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new AbortController();
  conversation.once('close', () => ended.abort());
  conversation.once('SIGINT', () => conversation.close());
  try {
    const answer = await conversation.question(`${question} [y/N] `, { signal: ended.signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch (error) {
    if (ended.signal.aborted) return false;
    throw error;
  } finally {
    conversation.close();
  }
}
