import { createInterface } from 'node:readline';
import { type Readable, Writable } from 'node:stream';

/** More is no secret of ours. */
const longestSecret = 64 * 1024;

interface Terminal {
  readonly input: Readable & { readonly isTTY?: boolean };
  /** Where the prompt goes. */
  readonly messages: Writable;
}

/**
 * What somebody types without its being shown, or the whole of standard input where that is no terminal. Not a parameter:
 * those are seen by everybody who can list processes, and kept by shells.
 * @returns null when it was interrupted
 */
export async function readSecret(
  prompt: string,
  { input, messages }: Terminal = { input: process.stdin, messages: process.stderr },
): Promise<string | null> {
  const text = input.isTTY === true ? await typed(prompt, input, messages) : await piped(input);
  return text?.trim() ?? null;
}

function typed(prompt: string, input: Readable, messages: Writable): Promise<string | null> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: nowhere, terminal: true });
  messages.write(prompt);
  return new Promise((resolve) => {
    const end = (line: string | null): void => {
      // Closing says that it was closed, too late then.
      resolve(line);
      lines.close();
    };
    lines.once('line', end);
    lines.once('SIGINT', () => end(null));
    lines.once('close', () => {
      messages.write('\n');
      resolve(null);
    });
  });
}

async function piped(input: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of input as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > longestSecret) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}
