import { describe, expect, it, test } from 'vitest';
import { inspect } from 'node:util';
import { isWardenError } from '../../../src/core/errors.ts';
import { plainEnglish, describeError } from '../../../src/core/messages.ts';
import { webhookBody, webhookFileText, webhookFor, webhookIn, webhookTestBody } from '../../../src/core/webhook.ts';
import { WebhookAddress } from '../../../src/core/webhook-address.ts';
import { aNotice } from './a-notice.ts';

const secret = 'T0/B0/s3cr3t';
const url = `https://hooks.slack.com/services/${secret}`;

function problemOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (!isWardenError(error, 'invalid_webhook')) throw error;
    expect(`${describeError(error, plainEnglish)} ${inspect(error)} ${JSON.stringify(error.facts)}`).not.toContain(
      's3cr3t',
    );
    return error.facts.problem;
  }
  return 'none';
}

describe('the address of a webhook', () => {
  it.each([
    [url, 'none'],
    [`${url}?token=s3cr3t#s3cr3t`, 'none'],
    ['http://localhost:8080/s3cr3t', 'none'],
    ['http://127.0.0.1/s3cr3t', 'none'],
    ['http://[::1]:1/s3cr3t', 'none'],
    ['http://hooks.slack.com/s3cr3t', 'not_https'],
    ['http://localhost.example.com/s3cr3t', 'not_https'],
    ['ftp://hooks.slack.com/s3cr3t', 'not_https'],
    ['https://dev:s3cr3t@hooks.slack.com/', 'credentials'],
    ['hooks.slack.com/s3cr3t', 'not_a_url'],
    ['https://s3cr3t and more', 'not_a_url'],
    ['file:///s3cr3t', 'not_a_url'],
    [`https://x/${'s3cr3t'.repeat(1_000)}`, 'not_a_url'],
    ['', 'no_url'],
  ])('%s: %s', (text, problem) => {
    expect(problemOf(() => WebhookAddress.from(text))).toBe(problem);
  });

  test('does not give itself away', () => {
    const webhook = webhookFor({ url: `${url}?token=s3cr3t` });
    const shown = [String(webhook.address), JSON.stringify(webhook), inspect(webhook, { depth: 9, showHidden: true })];
    for (const text of shown) expect(text).not.toMatch(/s3cr3t|services/);
    expect(webhook.address.reveal()).toBe(`${url}?token=s3cr3t`);
    expect(webhook.address.host).toBe('hooks.slack.com');
  });
});

describe('a webhook', () => {
  test('is told of everything, in the format of its host, unless somebody chooses', () => {
    expect(webhookFor({ url })).toMatchObject({
      format: 'slack',
      on: expect.arrayContaining(['stuck', 'killed', 'failed']),
    });
    expect(webhookFor({ url: 'https://example.com/x' }).format).toBe('plain');
    expect(webhookFor({ url: 'https://notslack.com/x' }).format).toBe('plain');
    expect(webhookFor({ url, format: 'plain', on: ['failed'] })).toMatchObject({ format: 'plain', on: ['failed'] });
  });

  test('is read back from its file as it was', () => {
    const webhook = webhookFor({ url, format: 'plain', on: ['failed', 'stuck'] });
    const read = webhookIn(webhookFileText(webhook), '/s/webhook.json');
    expect(read).toMatchObject({ format: 'plain', on: ['failed', 'stuck'] });
    expect(read.address.reveal()).toBe(url);
  });

  it.each([
    [`"${url}`, 'not_json'],
    [`"${url}"`, 'not_json'],
    ['null', 'not_json'],
    ['{}', 'no_url'],
    ['{"url": 1}', 'no_url'],
    [`{"url": "s3cr3t"}`, 'not_a_url'],
    [`{"url": "${url}", "format": "s3cr3t"}`, 'format'],
    [`{"url": "${url}", "on": "s3cr3t"}`, 'kinds'],
    [`{"url": "${url}", "on": ["stuck", "s3cr3t"]}`, 'kinds'],
  ])('whose file holds %s is refused: %s', (text, problem) => {
    expect(problemOf(() => webhookIn(text, '/s/webhook.json'))).toBe(problem);
  });
});

describe('what is posted', () => {
  const notice = aNotice({ workflowName: '<b>&c', kind: 'failed', status: 'failed', exitCode: 3, reasons: ['x > y'] });

  test('to Slack and its like is one line of text, with nothing in it that they would obey', () => {
    expect(JSON.parse(webhookBody('slack', notice))).toEqual({
      text: '&lt;b&gt;&amp;c in shop failed: x &gt; y (run_010203040506, after 12 min, 2025-06-16 13:33 UTC)',
    });
  });

  test('elsewhere is all that is known and no secret', () => {
    expect(JSON.parse(webhookBody('plain', notice))).toEqual({
      version: 1,
      idempotency_key: `run_010203040506-failed-${notice.at}`,
      kind: 'failed',
      at: '2025-06-16T13:33:06.120Z',
      text: '<b>&c in shop failed: x > y (run_010203040506, after 12 min, 2025-06-16 13:33 UTC)',
      reasons: ['x > y'],
      run: {
        run_id: 'run_010203040506',
        workflow_name: '<b>&c',
        repository: 'shop',
        status: 'failed',
        created_at: '2025-06-16T13:20:06.120Z',
        started_at: '2025-06-16T13:21:06.120Z',
        ended_at: null,
        duration_ms: 720_000,
        exit_code: 3,
        signal: null,
        kill_method: null,
      },
    });
  });

  test('as a test says so', () => {
    const text = 'This is a test of Workflow Warden: notices of runs come here.';
    expect(JSON.parse(webhookTestBody('slack', 7).body)).toEqual({ text });
    expect(JSON.parse(webhookTestBody('plain', 7).body)).toEqual({
      version: 1,
      idempotency_key: 'test-7',
      kind: 'test',
      at: '1970-01-01T00:00:00.007Z',
      text,
      reasons: [],
      run: null,
    });
  });
});
