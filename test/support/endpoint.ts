import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly path: string;
  readonly key: string;
  readonly contentType: string;
  readonly body: unknown;
}

/** How a request is answered: a status, with headers, or not at all. */
export type Reply = number | 'never' | { readonly status: number; readonly headers: Readonly<Record<string, string>> };

export interface Endpoint extends AsyncDisposable {
  /** Its path holds the secret. */
  readonly url: string;
  readonly received: readonly Received[];
  /** How what comes from now on is answered. */
  answer(reply: (request: Received, number: number) => Reply): void;
}

/** What nobody may find anywhere. */
export const secret = 's3cr3t-of-the-webhook';

/** A real HTTP server on this machine that keeps what it receives. @param atPort any free one when absent */
export async function endpoint(
  reply: (request: Received, number: number) => Reply = () => 200,
  atPort = 0,
): Promise<Endpoint> {
  let answerTo = reply;
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const got = await receive(request);
      received.push(got);
      give(response, answerTo(got, received.length));
    })();
  });
  server.listen(atPort, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/services/${secret}?token=${secret}`,
    received,
    answer: (next) => {
      answerTo = next;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function receive(request: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return {
    path: request.url ?? '',
    key: String(request.headers['idempotency-key']),
    contentType: String(request.headers['content-type']),
    body: JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown,
  };
}

function give(response: ServerResponse, reply: Reply): void {
  if (reply === 'never') return;
  const { status, headers } = typeof reply === 'number' ? { status: reply, headers: {} } : reply;
  response.writeHead(status, headers).end('ok');
}
