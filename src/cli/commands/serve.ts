import { once } from 'node:events';
import path from 'node:path';
import { detailOf } from '../../core/errors.ts';
import { startWatch } from '../../start-watch.ts';
import { defaultMaxAgeHours } from '../../supervisor/cleanup.ts';
import type { Supervisor } from '../../supervisor/supervisor.ts';
import { defineCommand, type Invocation } from '../command.ts';
import { withInterruption } from '../interruption.ts';
import type { Output } from '../output.ts';
import { UsageError } from '../usage-error.ts';

const defaultPort = 7717;
const highestPort = 65_535;

/** While it serves it also watches, as a window does. */
const watchSeconds = 5;
const standInSeconds = 60;

const serveOptions = {
  port: {
    type: 'string',
    value: 'N',
    description: `port of 127.0.0.1 and ::1; ${defaultPort} when absent, 0 for any that is free`,
  },
  socket: {
    type: 'string',
    value: 'PATH',
    candidates: 'files',
    description: 'a socket that only you can use, instead of a port',
  },
  'until-input-ends': { type: 'boolean', description: 'also end when standard input does, as with who started it' },
} as const;

export const serve = defineCommand({
  name: 'serve',
  summary: 'take requests over HTTP from this machine, and watch over the runs',
  usage: '[--port N | --socket PATH] [--until-input-ends]',
  operands: { minimum: 0, maximum: 0 },
  options: serveOptions,
  notes: [
    'Every request needs a key in x-api-key, and does what its key may do: "warden key create" makes one.',
    'What can be asked for: docs/api.md, and /openapi.json of the server.',
  ],
  async execute(invocation) {
    const { options, directory, output, open } = invocation;
    const place = placeOf(invocation);
    const supervisor = await open('http');
    return withInterruption(async (interrupted) => {
      // Loaded only now: no other command needs it.
      const [{ startHttpServer }, { admit }] = await Promise.all([
        import('../../server/http-server.ts'),
        import('../../server/admit.ts'),
      ]);
      const diagnostics = {
        failed: (during: string, error: unknown) => output.tell(`${during}: ${detailOf(error)}`),
      };
      const server = await startHttpServer(place, {
        admit: (key) => admit(supervisor, key),
        directory,
        diagnostics,
      });
      const input = options['until-input-ends'] === true ? process.stdin : null;
      const inputEnded = new AbortController();
      const over = AbortSignal.any([interrupted, inputEnded.signal]);
      try {
        // Nothing is expected of it.
        input?.once('close', () => inputEnded.abort()).resume();
        supervisor.startWatching(watchSeconds * 1_000);
        const { address, port } = server;
        await output.print({ address, port, pid: process.pid }, `Serving at ${address}; Ctrl+C ends it.`);
        if (!over.aborted) await once(over, 'abort');
      } finally {
        input?.destroy();
        await server[Symbol.asyncDispose]();
      }
      await leaveWatched(supervisor, output);
      return 0;
    });
  },
});

/** @throws UsageError */
function placeOf({ options: given, directory }: Pick<Invocation<typeof serveOptions>, 'options' | 'directory'>) {
  const { port, socket } = given;
  if (socket !== undefined) {
    if (port !== undefined) throw new UsageError('Either --port or --socket can be given.', 'serve');
    if (socket === '') throw new UsageError('--socket needs a path.', 'serve');
    return { socket: path.resolve(directory, socket) };
  }
  if (port === undefined) return { port: defaultPort };
  if (!/^\d{1,5}$/.test(port) || Number(port) > highestPort) {
    throw new UsageError(`"${port}" is not valid for --port. Expected: 0 to ${highestPort}.`, 'serve');
  }
  return { port: Number(port) };
}

/** What was started goes on, and so do its limits. */
async function leaveWatched(supervisor: Supervisor, output: Output): Promise<void> {
  const [, entry] = process.argv;
  try {
    if (entry === undefined || (await supervisor.active()).length === 0) return;
    startWatch({ entry, intervalSeconds: standInSeconds, mayLaunch: true, maxAgeHours: defaultMaxAgeHours });
  } catch (error) {
    output.tell(`starting warden watch: ${detailOf(error)}`);
  }
}
