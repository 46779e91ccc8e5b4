import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { isWardenError } from '../../../src/core/errors.ts';
import type { LaunchStep } from '../../../src/core/errors.ts';
import type { Diagnostics } from '../../../src/core/ports/diagnostics.ts';
import { itemsAtOnce } from '../../../src/thread/protocol.ts';
import { openSupervisorInThread, type SupervisorInThread } from '../../../src/thread/supervisor-in-thread.ts';
import { endpoint, secret } from '../../support/endpoint.ts';
import { eventually } from '../../support/eventually.ts';
import { processesOf } from '../../support/run-processes.ts';
import { temporaryRepository, type TemporaryRepository } from '../../support/temporary-repository.ts';

const sleeper = { command: ['sleep', '600'] };

interface Opened extends AsyncDisposable {
  readonly supervisor: SupervisorInThread;
  readonly failures: { readonly during: string; readonly error: unknown }[];
}

function open(stateFolder: string, failed: Diagnostics['failed'] = () => undefined): Promise<SupervisorInThread> {
  return openSupervisorInThread({
    entry: path.join(import.meta.dirname, '../../../src/main.ts'),
    intervalMilliseconds: 60_000,
    mayLaunch: true,
    maxAgeHours: null,
    diagnostics: { failed },
    environment: { ...process.env, WARDEN_STATE_DIR: stateFolder },
  });
}

async function inThread(repository: TemporaryRepository): Promise<Opened> {
  const failures: { during: string; error: unknown }[] = [];
  const supervisor = await open(repository.stateFolder, (during, error) => failures.push({ during, error }));
  return { supervisor, failures, [Symbol.asyncDispose]: () => end(supervisor) };
}

async function end(supervisor: SupervisorInThread): Promise<void> {
  const active = await supervisor.recent({ statuses: ['pending', 'running', 'terminating'] }).catch(() => []);
  await Promise.all(active.map(({ run }) => supervisor.kill(run.runId, { force: true })));
  await supervisor.dispose();
}

describe('a supervisor in a thread of its own', () => {
  test('tells a webhook, whose URL only goes in', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ failing: { command: ['false'] } });
    await using server = await endpoint();
    await using opened = await inThread(repository);
    const { supervisor, failures } = opened;
    await expect(supervisor.setWebhook({ url: `http://example.com/${secret}` })).rejects.toMatchObject({
      code: 'invalid_webhook',
      facts: { path: null, problem: 'not_https' },
    });
    const shown = await supervisor.setWebhook({ url: server.url, on: ['failed'] });
    expect(shown).toEqual({ host: new URL(server.url).host, format: 'plain', on: ['failed'] });
    expect(await supervisor.webhook()).toEqual({ webhook: shown, pending: 0 });
    expect(await supervisor.testWebhook()).toEqual(shown);
    await supervisor.run({ workflowName: 'failing', directory: repository.path, message: '' });
    await eventually(() => server.received.length === 2);
    expect(failures).toEqual([]);
  });

  test('starts, lists, kills and restarts as any other, and tells the steps of a launch', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ sleeper });
    await using opened = await inThread(repository);
    const { supervisor } = opened;
    const steps: LaunchStep[] = [];
    const run = await supervisor.run({
      workflowName: 'sleeper',
      directory: repository.path,
      message: 'hello',
      onProgress: (step) => steps.push(step),
    });
    expect(steps).toEqual(['queue', 'worktree', 'include', 'setup', 'start']);
    expect(run).toMatchObject({ status: 'running', message: 'hello' });
    expect((await supervisor.workflows(repository.path)).get('sleeper')).toMatchObject({ command: ['sleep', '600'] });
    expect(await supervisor.kill(run.runId)).toMatchObject({ success: true, method: 'graceful' });
    expect(processesOf(run.runId)).toEqual([]);
    const next = await supervisor.restart(run.runId);
    const { runs } = await supervisor.list({});
    expect(runs.map(({ run: { runId, status } }) => [runId, status])).toEqual([
      [next.runId, 'running'],
      [run.runId, 'terminated'],
    ]);
    expect(opened.failures).toEqual([]);
  });

  test('fails with the code and the facts that it would fail with anyway', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ sleeper });
    await using opened = await inThread(repository);
    const error: unknown = await opened.supervisor
      .run({ workflowName: 'sleepr', directory: repository.path, message: '' })
      .catch((failure: unknown) => failure);
    expect(isWardenError(error, 'unknown_workflow') && error.facts).toEqual({
      name: 'sleepr',
      nearest: ['sleeper'],
      known: ['sleeper'],
    });
  });

  test('heeds that somebody does not want to wait any longer', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ sleeper });
    await using opened = await inThread(repository);
    const { runId } = await opened.supervisor.run({
      workflowName: 'sleeper',
      directory: repository.path,
      message: '',
    });
    const impatient = new AbortController();
    const waiting = opened.supervisor.wait(runId, impatient.signal);
    impatient.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    await expect(opened.supervisor.wait(runId, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('watches, tells of changes, and hands over a list that is longer than one message', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ sleeper });
    await using opened = await inThread(repository);
    const { supervisor } = opened;
    let changes = 0;
    const subscription = supervisor.onDidChange(() => (changes += 1));
    await eventually(() => supervisor.isWatching());
    const { runId } = await supervisor.run({ workflowName: 'sleeper', directory: repository.path, message: '' });
    await Promise.all(Array.from({ length: itemsAtOnce * 2 }, () => supervisor.snooze(runId, 1)));
    const entries = await supervisor.audit({ runId, limit: 1000 });
    expect(entries.filter(({ action }) => action === 'snooze')).toHaveLength(itemsAtOnce * 2);
    await eventually(() => changes > 0);
    subscription.dispose();
  });

  test('that cannot be opened says why, and leaves no thread behind', async () => {
    await using repository = await temporaryRepository();
    const below = path.join(repository.path, 'README.md', 'state');
    await expect(open(below)).rejects.toSatisfy((error) => isWardenError(error));
  });

  test('ends when it is told to, its runs go on, and it answers nothing afterwards', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ sleeper });
    const { supervisor } = await inThread(repository);
    const { runId } = await supervisor.run({ workflowName: 'sleeper', directory: repository.path, message: '' });
    await supervisor.dispose();
    expect(await supervisor.ended).toBeNull();
    await expect(supervisor.status(runId)).rejects.toThrow('closed');
    expect(processesOf(runId)).not.toEqual([]);
    await using next = await inThread(repository);
    expect(await next.supervisor.status(runId)).toMatchObject({ run: { status: 'running' } });
  });
});
