import { setTimeout as sleep } from 'node:timers/promises';
import type { RunLog } from './core/ports/run-folders.ts';
import type { Supervisor } from './supervisor/supervisor.ts';

const chunkBytes = 64 * 1024;

/** How often the output of a run that goes on is looked at. */
const lookMilliseconds = 100;

/** What a run has written so far, from an offset on. */
export async function* bytesOfOutput(
  supervisor: Supervisor,
  runId: string,
  { start = 0, log = 'output' }: { readonly start?: number; readonly log?: RunLog } = {},
): AsyncGenerator<Uint8Array> {
  for (let offset = start; ;) {
    const chunk = await supervisor.logs(runId, offset, chunkBytes, log);
    if (chunk.length === 0) return;
    offset += chunk.length;
    yield chunk;
  }
}

/** What a run writes, as it comes, until the run is over and its last byte was read, or the signal aborts. */
export async function* bytesUntilOver(
  supervisor: Supervisor,
  runId: string,
  signal: AbortSignal,
  log: RunLog = 'output',
  start = 0,
): AsyncGenerator<Uint8Array> {
  const finished = new AbortController();
  const over = supervisor.wait(runId, AbortSignal.any([signal, finished.signal])).then(
    () => 'over' as const,
    (error: unknown) => {
      if (signal.aborted || finished.signal.aborted) return 'stopped' as const;
      throw error;
    },
  );
  // Told below, where it is waited for.
  over.catch(() => undefined);
  try {
    for (let offset = start, isOver = false; !signal.aborted;) {
      for await (const chunk of bytesOfOutput(supervisor, runId, { start: offset, log })) {
        offset += chunk.length;
        yield chunk;
      }
      // One more reading after the end: what came between the last one and the end is not lost.
      if (isOver) return;
      isOver = (await Promise.race([over, sleep(lookMilliseconds)])) !== undefined;
    }
  } finally {
    finished.abort();
    await over.catch(() => undefined);
  }
}
