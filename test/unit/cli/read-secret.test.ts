import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { readSecret } from '../../../src/cli/read-secret.ts';

function terminal(isTTY: boolean) {
  const input = Object.assign(new PassThrough(), { isTTY });
  const messages = new PassThrough();
  return { input, messages, shown: () => String(messages.read()) };
}

test('what is typed is read up to the end of its line, and not shown', async () => {
  const { input, messages, shown } = terminal(true);
  const secret = readSecret('URL: ', { input, messages });
  input.write(' https://example.com/s3cr3t\rmore');
  expect(await secret).toBe('https://example.com/s3cr3t');
  expect(shown()).toBe('URL: \n');
});

test.each([
  ['Ctrl+C', '\u0003'],
  ['Ctrl+D', '\u0004'],
])('%s is no secret', async (_, key) => {
  const { input, messages } = terminal(true);
  const secret = readSecret('URL: ', { input, messages });
  input.write(key);
  expect(await secret).toBe(null);
});

test('of what is piped all is read, without a prompt', async () => {
  const { input, messages, shown } = terminal(false);
  const secret = readSecret('URL: ', { input, messages });
  input.end('https://example.com/s3cr3t\n');
  expect(await secret).toBe('https://example.com/s3cr3t');
  expect(shown()).toBe('null');
});
