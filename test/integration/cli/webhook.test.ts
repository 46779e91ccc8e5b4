import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { endpoint, secret } from '../../support/endpoint.ts';
import { shell } from '../../support/temporary-repository.ts';
import { warden } from './warden.ts';

describe('warden webhook', () => {
  test('takes the URL from standard input, shows its host alone, tries it out and removes it', async () => {
    await using cli = await warden();
    await using server = await endpoint();
    const { host } = new URL(server.url);
    const said: string[] = [];
    const run = async (parameters: readonly string[], input = ''): Promise<string> => {
      const { exitCode, output, errors } = await cli.start(['webhook', ...parameters], { input }).ended;
      said.push(output, errors);
      return `${exitCode} ${output}${errors}`.trim();
    };
    expect(await run(['show'])).toBe('0 No webhook is set.');
    expect(await run(['test'])).toBe('3 warden: No webhook is set. Set one with "warden webhook set".');
    expect(await run(['set', '--on', 'stuck,over-limit,failed'], `${server.url}\n`)).toBe(
      `0 Notices (stuck, over_limit, failed) go to ${host}, as plain.`,
    );
    expect(await run(['show'])).toBe(
      `0 Notices (stuck, over_limit, failed) go to ${host}, as plain. 0 not delivered yet.`,
    );
    expect(await run(['show', '--json'])).toContain(`"host": "${host}"`);
    expect(await run(['test'])).toBe(`0 ${host} has taken the test.`);
    server.answer(() => 403);
    expect(await run(['test'])).toBe(`1 warden: The webhook at ${host} answered 403.`);
    expect(server.received.map(({ path }) => path)).toEqual(Array(2).fill(`/services/${secret}?token=${secret}`));
    expect(await run(['remove'])).toBe('0 The webhook was removed.');
    expect(await run(['remove'])).toBe('0 No webhook was set.');
    expect(said.join('')).not.toContain(secret);
    const { document } = await cli.json<{ entries: { action: string; facts: object }[] }>('audit');
    expect(document.entries).toMatchObject([
      { action: 'set_webhook', facts: { host, format: 'plain', on: ['stuck', 'over_limit', 'failed'] } },
      { action: 'remove_webhook' },
    ]);
  });

  test.each([
    { given: ['set'], input: '', words: 'The URL of the webhook is missing.' },
    { given: ['set'], input: `http://example.com/${secret}`, words: 'begins with https://' },
    { given: ['set'], input: secret, words: 'This is not the URL of a webhook.' },
    {
      given: ['set', '--format', 'xml'],
      input: '',
      words: '"xml" is not valid for --format. Expected: slack or plain.',
    },
    { given: ['set', '--on', 'stuck,dead'], input: '', words: '"stuck,dead" is not valid for --on.' },
    { given: ['show', '--on', 'stuck'], input: '', words: 'belong to "warden webhook set"' },
    { given: ['send'], input: '', words: '"send" is not valid. Expected: show, set, test, remove.' },
  ])('refuses $given with $input', async ({ given, input, words }) => {
    await using cli = await warden();
    const { exitCode, output, errors } = await cli.start(['webhook', ...given], { input }).ended;
    expect({ exitCode, output }).toEqual({ exitCode: 2, output: '' });
    expect(errors).toContain(words);
    expect(errors).not.toContain(secret);
  });

  test('is told by warden watch, which ends when it has', async () => {
    await using cli = await warden();
    await using server = await endpoint();
    await cli.repository.defineWorkflows({ failing: shell('exit 3') });
    await cli.start(['webhook', 'set', '--format', 'slack'], { input: server.url }).ended;
    const { run_id } = await cli.finished('failing');
    expect(await cli.run('watch')).toMatchObject({ exitCode: 0, output: 'No run is left.\n', errors: '' });
    expect(server.received.map(({ body }) => body)).toEqual([
      {
        text: expect.stringMatching(
          `^failing in repository failed: the command ended with exit code 3 \\(${run_id}, after .* s, .* UTC\\)$`,
        ),
      },
    ]);
    const file = await readFile(path.join(cli.repository.stateFolder, 'webhook.json'), 'utf8');
    expect(JSON.parse(file)).toMatchObject({ url: server.url, format: 'slack' });
  });
});
