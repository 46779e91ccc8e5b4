import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

/** More is no secret of ours. */
const longestSecret = 64 * 1024;

/**
 * What somebody types without its being shown, or the whole of standard input where that is no terminal. Not a parameter:
 * those are seen by everybody who can list processes, and kept by shells.
 */
export async function readSecret(prompt: string): Promise<string> {
  return (process.stdin.isTTY ? await typed(prompt) : await piped()).trim();
}

function typed(prompt: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  process.stderr.write(prompt);
  return new Promise((resolve) => {
    const end = (line: string): void => {
      lines.close();
      process.stderr.write('\n');
      resolve(line);
    };
    lines.once('line', end);
    lines.once('SIGINT', () => end(''));
    lines.once('close', () => resolve(''));
  });
}

async function piped(): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > longestSecret) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}
