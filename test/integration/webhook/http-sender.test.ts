import { expect, test } from 'vitest';
import { WebhookAddress } from '../../../src/core/webhook-address.ts';
import { HttpSender } from '../../../src/webhook/http-sender.ts';
import { endpoint, secret } from '../../support/endpoint.ts';
import { freePort } from '../../support/free-port.ts';

const never = new AbortController().signal;
const request = (url: string) => ({ address: WebhookAddress.from(url), idempotencyKey: 'key-1', body: '{"text":"ä"}' });

test('posts JSON with its key and gives back what was answered', async () => {
  await using server = await endpoint(() => ({ status: 429, headers: { 'Retry-After': '7' } }));
  expect(await new HttpSender().send(request(server.url), never)).toEqual({ status: 429, retryAfter: '7' });
  expect(server.received).toEqual([
    {
      path: `/services/${secret}?token=${secret}`,
      key: 'key-1',
      contentType: 'application/json; charset=utf-8',
      body: { text: 'ä' },
    },
  ]);
});

test('follows no redirect', async () => {
  await using other = await endpoint();
  await using server = await endpoint(() => ({ status: 307, headers: { Location: other.url } }));
  expect(await new HttpSender().send(request(server.url), never)).toMatchObject({ status: 307 });
  expect(other.received).toEqual([]);
});

test('waits no longer than it may for one who does not answer', async () => {
  await using server = await endpoint(() => 'never');
  expect(await new HttpSender(200).send(request(server.url), never)).toEqual({
    status: null,
    detail: 'nothing within 0.2 s',
  });
});

test('says why nobody was reached, without the address', async () => {
  const port = await freePort();
  const send = (url: string) => new HttpSender().send(request(url), never);
  expect(await send(`http://127.0.0.1:${port}/${secret}`)).toEqual({ status: null, detail: 'ECONNREFUSED' });
  expect(await send(`https://nowhere.invalid/${secret}`)).toMatchObject({
    status: null,
    detail: expect.stringMatching(/^E[A-Z_]+$/),
  });
});

test('stops when it is told to', async () => {
  await using server = await endpoint(() => 'never');
  const stop = new AbortController();
  const sent = new HttpSender().send(request(server.url), stop.signal);
  stop.abort();
  await expect(sent).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
});
