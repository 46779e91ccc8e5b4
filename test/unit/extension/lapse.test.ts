import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { lapseLine } from '../../../src/extension/lapse-words.ts';
import { RunsFeed } from '../../../src/extension/runs-feed.ts';
import { SupervisorAccess } from '../../../src/extension/supervisor-access.ts';
import { openSupervisorInThread } from '../../../src/thread/supervisor-in-thread.ts';
import { aWatchedRun } from './watched-run.ts';

vi.mock('../../../src/thread/supervisor-in-thread.ts', () => ({ openSupervisorInThread: vi.fn() }));

vi.mock('vscode', () => ({
  EventEmitter: class {
    readonly #listeners = new Set<(value: unknown) => void>();
    readonly event = (listener: (value: unknown) => void) => {
      this.#listeners.add(listener);
      return { dispose: () => this.#listeners.delete(listener) };
    };
    fire(value: unknown): void {
      for (const listener of this.#listeners) listener(value);
    }
    dispose(): void {
      this.#listeners.clear();
    }
  },
  l10n: { t: (template: string) => template },
  workspace: {
    isTrusted: true,
    onDidGrantWorkspaceTrust: () => ({ dispose: () => undefined }),
    onDidChangeConfiguration: () => ({ dispose: () => undefined }),
    getConfiguration: () => ({ get: (_: string, value: unknown) => value }),
  },
}));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A supervisor whose thread ends, and whose runs cannot be read, when the test wants it. */
function supervisor() {
  const ended = Promise.withResolvers<Error | null>();
  const { report } = aWatchedRun();
  const recent = vi.fn(() => Promise.resolve([report]));
  vi.mocked(openSupervisorInThread).mockResolvedValueOnce({
    ended: ended.promise,
    recent,
    isWatching: () => Promise.resolve(true),
    onDidChange: () => ({ dispose: () => undefined }),
    setMayLaunch: () => undefined,
    setMaxAgeHours: () => undefined,
    dispose: () => Promise.resolve(),
  } as never);
  return { recent, crash: () => ended.resolve(new Error('out of memory')) };
}

function opened() {
  const failed = vi.fn();
  const access = new SupervisorAccess({ entry: 'warden.cjs', diagnostics: { failed } });
  const feed = new RunsFeed(access, { failed });
  const sight: (string | null)[] = [];
  feed.onDidChangeSight(() => sight.push(feed.lapse?.detail ?? null));
  const stop = async (): Promise<void> => {
    await access.close();
    feed.dispose();
    access.dispose();
  };
  return { access, feed, sight, stop };
}

test('while the runs cannot be read it is told since when, and no more once they can', async () => {
  const { recent } = supervisor();
  const { access, feed, sight, stop } = opened();
  await access.get();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(feed).toMatchObject({ runs: [{}], lapse: null });
  const seenAt = Date.now();

  await vi.advanceTimersByTimeAsync(60_000);
  recent.mockRejectedValue(new Error('disk I/O error'));
  feed.refresh();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(feed.lapse?.detail).toBe('Error: disk I/O error');
  expect(Math.abs((feed.lapse?.since ?? 0) - seenAt)).toBeLessThanOrEqual(1_000);
  expect(lapseLine({ since: null, detail: 'why' })).toBe('The runs cannot be seen: why');
  expect(lapseLine({ since: seenAt, detail: 'why' })).toMatch(
    /^Not seen since .*, so what is shown may have changed: why$/,
  );

  recent.mockResolvedValue([]);
  feed.refresh();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(feed).toMatchObject({ runs: [], lapse: null });
  expect(sight).toEqual(['Error: disk I/O error', null]);
  await stop();
});

test('of a supervisor whose thread ends again and again it is told that nothing is seen, and it is opened again later', async () => {
  const first = supervisor();
  const { access, feed, sight, stop } = opened();
  await access.get();
  await vi.advanceTimersByTimeAsync(1_000);
  first.crash();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(openSupervisorInThread).toHaveBeenCalledTimes(1);
  expect(feed.lapse?.detail).toBe('Error: out of memory');

  vi.mocked(openSupervisorInThread).mockRejectedValueOnce(new Error('no memory'));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(openSupervisorInThread).toHaveBeenCalledTimes(2);
  supervisor();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(openSupervisorInThread).toHaveBeenCalledTimes(3);
  expect(sight).toEqual(['Error: out of memory', null]);
  await stop();
});
