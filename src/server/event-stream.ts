/** One event of a stream of server-sent events: what is in it has no line ends of its own. */
export interface ServerEvent {
  readonly event: string;
  readonly id?: string;
  readonly document: object;
}

/** A sign of life that clients pass over, by which a connection that is gone is found out. */
const silenceMilliseconds = 10_000;

/** Server-sent events, as fast as they are taken and no faster. Ends what makes them when nobody reads them any more. */
export function eventStream(events: AsyncGenerator<ServerEvent>, stop: AbortController): Response {
  const encoder = new TextEncoder();
  let next: Promise<IteratorResult<ServerEvent>> | null = null;
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        next ??= events.next();
        const result = await orSilence(next);
        if (result === null) return controller.enqueue(encoder.encode(': nothing new\n\n'));
        next = null;
        if (result.done === true) return controller.close();
        controller.enqueue(encoder.encode(linesOf(result.value)));
      },
      async cancel() {
        stop.abort();
        await next?.catch(() => undefined);
        await events.return(undefined);
      },
    },
    // Nothing is begun for somebody who asks only for the head.
    { highWaterMark: 0 },
  );
  return new Response(body, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } });
}

async function orSilence<Value>(value: Promise<Value>): Promise<Value | null> {
  let timer: NodeJS.Timeout | null = null;
  const silence = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), silenceMilliseconds);
  });
  try {
    return await Promise.race([value, silence]);
  } finally {
    if (timer !== null) clearTimeout(timer);
  }
}

function linesOf({ event, id, document }: ServerEvent): string {
  return `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(document)}\n\n`;
}
