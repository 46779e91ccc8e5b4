import * as z from 'zod/mini';
import type { RunLog } from '../../core/ports/run-folders.ts';
import { bytesUntilOver } from '../../run-output.ts';
import type { LogPartJson } from '../answer-schemas.ts';
import { eventStream, type ServerEvent } from '../event-stream.ts';
import { flag, runPath, wholeNumber } from '../parameters.ts';
import { type Asked, defineRoute, type Route } from '../route.ts';
import { wholeCharacters } from '../whole-characters.ts';

const bytesAtOnce = 64 * 1024;
const mostBytes = 1024 * 1024;

/** How often the key of somebody who follows is looked at. */
const admittedMilliseconds = 1_000;

const query = z
  .strictObject({
    log: z.optional(
      z
        .enum(['output', 'setup', 'teardown'])
        .check(z.meta({ description: 'Which one; what the run itself wrote when absent.' })),
    ),
    offset: z.optional(wholeNumber('First byte; 0 when absent.', 0, Number.MAX_SAFE_INTEGER)),
    limit: z.optional(wholeNumber(`At most so many bytes; ${bytesAtOnce} when absent. Not with follow.`, 1, mostBytes)),
    follow: flag(
      'Goes on, as server-sent events, until the run is over. Last-Event-ID goes on where an earlier stream ended.',
    ),
  })
  .check(z.refine(({ limit, follow }) => !follow || limit === undefined, 'limit cannot be given with follow'));

const logs = defineRoute({
  name: 'get_run_log',
  method: 'get',
  at: '/api/v1/workflows/claude-code/run/{run_id}/logs',
  summary: 'Read what a run has written',
  path: runPath,
  query,
  body: null,
  answers: {
    status: [200],
    type: 'application/json',
    description: 'A part of the log, and where the next begins: as JSON, or with follow as an event for each.',
  },
  async answer(asked) {
    const { log = 'output', offset = 0, limit = bytesAtOnce, follow } = asked.query;
    const { run } = await asked.supervisor.status(asked.path.run_id);
    if (follow) {
      asked.followers.requirePlace();
      const start = startOf(asked.headers) ?? offset;
      // What is refused is told now: not once the answer has begun.
      await asked.supervisor.logs(run.runId, start, 1, log);
      return followed(asked, log, start);
    }
    const total = await asked.supervisor.logBytes(run.runId, log);
    const bytes = await asked.supervisor.logs(run.runId, offset, limit, log);
    const part = partOf(bytes, offset);
    // It may have grown since it was counted; behind its end nothing was read.
    const total_bytes = bytes.length === 0 ? total : Math.max(total, part.next_offset);
    return { document: { run_id: run.runId, log, status: run.status, ...part, total_bytes } satisfies LogPartJson };
  },
});

function startOf(headers: Headers): number | null {
  const id = headers.get('last-event-id');
  return id !== null && /^\d{1,15}$/.test(id) ? Number(id) : null;
}

function followed(
  { supervisor, path, gone, isAdmitted, followers }: Asked<z.output<typeof runPath>, unknown, unknown>,
  log: RunLog,
  start: number,
) {
  const stop = new AbortController();
  const stopped = AbortSignal.any([gone, stop.signal]);
  // While it is not known, as with a database that somebody has locked, it is as it was.
  const leaveIfRevoked = (): void =>
    void isAdmitted().then(
      (isStill) => isStill || stop.abort(),
      () => undefined,
    );
  async function* events(): AsyncGenerator<ServerEvent> {
    using _place = followers.enter();
    const looking = setInterval(leaveIfRevoked, admittedMilliseconds);
    let offset = start;
    let rest: Uint8Array = new Uint8Array();
    try {
      for await (const chunk of bytesUntilOver(supervisor, path.run_id, stopped, log, start)) {
        if (stopped.aborted) return;
        const bytes = Buffer.concat([rest, chunk]);
        const part = partOf(bytes, offset);
        rest = bytes.subarray(part.next_offset - offset);
        offset = part.next_offset;
        if (part.output !== '') yield { event: 'output', id: String(offset), document: part };
      }
      if (stopped.aborted) return;
      if (rest.length > 0) {
        const output = Buffer.from(rest).toString('utf8');
        yield { event: 'output', document: { offset, next_offset: offset + rest.length, output } };
      }
      const { run } = await supervisor.status(path.run_id);
      yield { event: 'end', document: { run_id: run.runId, status: run.status } };
    } finally {
      clearInterval(looking);
    }
  }
  return eventStream(events(), stop);
}

/** No character is cut in two. */
function partOf(bytes: Uint8Array, offset: number) {
  const whole = bytes.subarray(0, wholeCharacters(bytes));
  return { offset, next_offset: offset + whole.length, output: Buffer.from(whole).toString('utf8') };
}

export const logRoutes: readonly Route[] = [logs];
