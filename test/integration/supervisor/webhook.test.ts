import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { isWardenError } from '../../../src/core/errors.ts';
import { describeError, plainEnglish } from '../../../src/core/messages.ts';
import type { Ports } from '../../../src/supervisor/world.ts';
import { HttpSender } from '../../../src/webhook/http-sender.ts';
import { endpoint, type Endpoint, secret } from '../../support/endpoint.ts';
import { eventually } from '../../support/eventually.ts';
import { freePort } from '../../support/free-port.ts';
import { startOtherProcess } from '../../support/start-other-process.ts';
import { shell, temporaryRepository, type TemporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor, type TestSupervisor } from '../../support/test-supervisor.ts';

interface Body {
  readonly kind: string;
  readonly idempotency_key: string;
  readonly reasons: readonly string[];
  readonly run: { readonly run_id: string };
}

const bodies = ({ received }: Endpoint): Body[] => received.map(({ body }) => body as Body);
const keys = ({ received }: Endpoint): string[] => received.map(({ key }) => key);

const hasDelivered = async ({ supervisor }: TestSupervisor): Promise<boolean> =>
  (await supervisor.webhook()).pending === 0;

async function repositoryWithWorkflows(): Promise<TemporaryRepository> {
  const repository = await temporaryRepository();
  const until = (file: string): string => `until [ -e ${file} ]; do sleep 0.1; done`;
  const ask = `printf "Overwrite main.ts? [y/N] "; ${until('answer')}; echo; echo thanks; ${until('again')}`;
  await repository.defineWorkflows({
    failing: shell(`echo ${secret}; exit 3`),
    fine: shell('true'),
    sleeping: shell('sleep 600'),
    hung: { ...shell('echo hello; sleep 600'), stuckAfterMinutes: 2 / 60 },
    asking: { ...shell(`${ask}; printf "And test.ts? [y/N] "; sleep 600`), stuckAfterMinutes: 2 / 60 },
    late: { ...shell('while :; do date +%N; sleep 0.3; done'), timeoutMinutes: 1 / 60, onTimeout: 'kill' },
  });
  return repository;
}

function starterIn({ supervisor }: TestSupervisor, { path: directory }: TemporaryRepository) {
  return async (workflowName: string): Promise<string> =>
    (await supervisor.run({ workflowName, directory, message: secret })).runId;
}

const laterBy =
  (milliseconds: number) =>
  ({ clock }: Ports): Partial<Ports> => ({
    clock: {
      now: () => clock.now() + milliseconds,
      monotonic: () => clock.monotonic(),
      turn: () => clock.turn(),
      sleep: (pause, signal) => clock.sleep(pause, signal),
    },
  });

/** A run that fails. */
async function fail(scope: TestSupervisor, repository: TemporaryRepository): Promise<string> {
  const runId = await starterIn(scope, repository)('failing');
  await scope.supervisor.wait(runId);
  return runId;
}

/** What went wrong in the background, in words. */
function warnings({ failures }: TestSupervisor): string[] {
  return failures.map(({ during, error }) => {
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('/services/');
    return `${during}: ${isWardenError(error) ? describeError(error, plainEnglish) : String(error)}`;
  });
}

describe('the webhook', () => {
  test('is told once of each run that failed, was killed or is stuck, and of nothing else', async () => {
    await using repository = await repositoryWithWorkflows();
    await using server = await endpoint();
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    const start = starterIn(scope, repository);
    await supervisor.setWebhook({ url: server.url });
    supervisor.startWatching(500);
    const failed = await fail(scope, repository);
    await supervisor.wait(await start('fine'));
    const late = await start('late');
    const sleeping = await start('sleeping');
    await supervisor.kill(sleeping, { why: 'wrong branch' });
    const hung = await start('hung');
    await supervisor.wait(late);
    await eventually(async () => server.received.length >= 5 && (await hasDelivered(scope)));
    const told = bodies(server).map(({ kind, run, reasons }) => `${run.run_id} ${kind}: ${reasons.join('; ')}`);
    const expected = [
      `${failed} failed: the command ended with exit code 3`,
      expect.stringMatching(`^${late} over_limit: running for .* s; limit 1 s$`),
      expect.stringMatching(`^${late} killed: ended by Warden: running for .* s; limit 1 s$`),
      expect.stringMatching(`^${sleeping} killed: killed by .*: wrong branch$`),
      expect.stringMatching(`^${hung} stuck: no output for .* s and no CPU used; limit 2 s$`),
    ];
    expect(told).toEqual(expect.arrayContaining(expected));
    expect(told).toHaveLength(expected.length);
    expect(new Set(keys(server)).size).toBe(expected.length);
    expect(keys(server)).toEqual(bodies(server).map(({ idempotency_key }) => idempotency_key));
    expect(JSON.stringify(bodies(server))).not.toContain(secret);
    expect(scope.failures).toEqual([]);
  });

  test('is told again of a state that a run has left and come back to', async () => {
    await using repository = await repositoryWithWorkflows();
    await using server = await endpoint();
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    await supervisor.setWebhook({ url: server.url, on: ['waiting'] });
    supervisor.startWatching(300);
    const runId = await starterIn(scope, repository)('asking');
    await eventually(() => server.received.length === 1);
    const { run } = await supervisor.status(runId);
    await writeFile(path.join(run.worktree!.path, 'answer'), '');
    // Whoever watches has to see that it went on.
    await eventually(async () => !(await supervisor.status(runId)).health.isWaiting);
    await writeFile(path.join(run.worktree!.path, 'again'), '');
    await eventually(() => server.received.length === 2);
    expect(new Set(keys(server)).size).toBe(2);
    expect(bodies(server).flatMap(({ reasons }) => reasons)).toEqual([
      expect.stringMatching(/^waiting for a person for [^:]*$/),
      expect.stringMatching(/^waiting for a person for [^:]*$/),
    ]);
  });

  test('that answers 500 is told again, with the same key, and the log says so once', async () => {
    await using repository = await repositoryWithWorkflows();
    await using server = await endpoint((_, number) => (number <= 2 ? 500 : 200));
    await using scope = await testSupervisor(repository);
    await scope.supervisor.setWebhook({ url: server.url });
    scope.supervisor.startWatching(500);
    const runId = await fail(scope, repository);
    await eventually(async () => server.received.length === 3 && (await hasDelivered(scope)));
    expect(new Set(keys(server)).size).toBe(1);
    expect(new Set(server.received.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(warnings(scope)).toEqual([
      `telling the webhook of ${runId} (failed): The webhook at ${new URL(server.url).host} answered 500. It is tried again, for a day.`,
    ]);
  });

  test('that asks to wait is left alone for so long', async () => {
    await using repository = await repositoryWithWorkflows();
    let asked = Infinity;
    await using server = await endpoint((_, number) => {
      if (number > 1) return 200;
      asked = performance.now();
      return { status: 429, headers: { 'Retry-After': '3' } };
    });
    await using scope = await testSupervisor(repository);
    await scope.supervisor.setWebhook({ url: server.url });
    scope.supervisor.startWatching(500);
    await fail(scope, repository);
    await eventually(() => server.received.length === 1);
    await fail(scope, repository);
    const again = await eventually(() => (server.received.length > 1 ? performance.now() : null));
    expect(again - asked).toBeGreaterThan(2_990);
    await eventually(async () => server.received.length === 3 && (await hasDelivered(scope)));
  });

  test('that is gone for good is not told again', async () => {
    await using repository = await repositoryWithWorkflows();
    await using server = await endpoint(() => 410);
    await using scope = await testSupervisor(repository);
    await scope.supervisor.setWebhook({ url: server.url });
    scope.supervisor.startWatching(500);
    const runId = await fail(scope, repository);
    await eventually(async () => server.received.length === 1 && (await hasDelivered(scope)));
    expect(warnings(scope)).toEqual([
      `telling the webhook of ${runId} (failed): The webhook at ${new URL(server.url).host} answered 410.`,
    ]);
  });

  test('that cannot be reached is told when it is there', async () => {
    await using repository = await repositoryWithWorkflows();
    const port = await freePort();
    const gone = await endpoint(() => 200, port);
    await gone[Symbol.asyncDispose]();
    await using scope = await testSupervisor(repository);
    await scope.supervisor.setWebhook({ url: gone.url });
    scope.supervisor.startWatching(500);
    const runId = await fail(scope, repository);
    await eventually(() => scope.failures.length > 0);
    expect(warnings(scope)).toEqual([
      `telling the webhook of ${runId} (failed): The webhook at ${new URL(gone.url).host} did not answer (ECONNREFUSED). It is tried again, for a day.`,
    ]);
    await using server = await endpoint(() => 200, port);
    await eventually(() => server.received.length === 1);
  });

  test('that never answers holds up no look, no kill and no end', async () => {
    await using repository = await repositoryWithWorkflows();
    await using server = await endpoint(() => 'never');
    // Nobody gives up what hangs here: whoever waited for it would not come to his end.
    const scope = await testSupervisor(repository, () => ({ webhookSender: new HttpSender(600_000) }));
    const { supervisor } = scope;
    const start = starterIn(scope, repository);
    await supervisor.setWebhook({ url: server.url });
    supervisor.startWatching(500);
    await fail(scope, repository);
    await eventually(() => server.received.length === 1);
    const hung = await start('hung');
    await eventually(async () => (await supervisor.recent({})).some(({ health }) => health.level === 'critical'));
    await supervisor.kill(hung);
    const failing = await start('failing');
    await eventually(async () => (await supervisor.recent({ limit: 1 }))[0]?.run.status === 'failed');
    await scope[Symbol.asyncDispose]();
    expect(server.received).toHaveLength(1);
    expect(failing).not.toBe(hung);
    expect(warnings(scope)).toEqual([]);
  });

  test('is told of what happened while nobody watched, once, by one of two who watch', async () => {
    await using repository = await repositoryWithWorkflows();
    await using server = await endpoint();
    await using first = await testSupervisor(repository, undefined, { leavesRuns: true });
    await using second = await testSupervisor(repository);
    await first.supervisor.setWebhook({ url: server.url });
    const failed = await Promise.all(Array.from({ length: 4 }, () => fail(first, repository)));
    expect((await first.supervisor.webhook()).pending).toBe(4);
    first.supervisor.startWatching(500);
    second.supervisor.startWatching(500);
    failed.push(await fail(second, repository));
    await eventually(async () => server.received.length >= 5 && (await hasDelivered(first)));
    // Whoever is there then has nothing left to tell.
    await first.supervisor.dispose();
    await eventually(() => second.supervisor.isWatching);
    failed.push(await fail(second, repository));
    await eventually(async () => server.received.length >= 6 && (await hasDelivered(second)));
    expect(
      bodies(server)
        .map(({ run }) => run.run_id)
        .sort(),
    ).toEqual(failed.sort());
  });

  test('is told by the next one, with the same key, when the first crashed while it told', async () => {
    await using repository = await repositoryWithWorkflows();
    await using server = await endpoint(() => 'never');
    await using scope = await testSupervisor(repository);
    await scope.supervisor.setWebhook({ url: server.url });
    await using other = startOtherProcess('watch', {}, repository.stateFolder);
    await fail(scope, repository);
    await eventually(() => server.received.length === 1);
    await other.crash();
    server.answer(() => 200);
    // Only after half a minute is it taken for given up.
    await using next = await testSupervisor(repository, laterBy(30_000));
    next.supervisor.startWatching(500);
    await eventually(async () => server.received.length === 2 && (await hasDelivered(next)));
    expect(new Set(keys(server)).size).toBe(1);
  });

  test('is not told of what happened more than a day ago, and the log says so', async () => {
    await using repository = await repositoryWithWorkflows();
    await using server = await endpoint();
    await using scope = await testSupervisor(repository, laterBy(24 * 60 * 60_000));
    await scope.supervisor.setWebhook({ url: server.url });
    const runId = await fail(scope, repository);
    scope.supervisor.startWatching(500);
    await eventually(() => hasDelivered(scope));
    expect(server.received).toEqual([]);
    expect(warnings(scope)).toEqual([
      `telling the webhook of ${runId} (failed): The webhook at ${new URL(server.url).host} could not be told of this for a day, so it is not told any more.`,
    ]);
  });

  test('is told of the last run before who stands in for a window ends, but is not waited for for long', async () => {
    await using repository = await repositoryWithWorkflows();
    await using server = await endpoint();
    await using scope = await testSupervisor(repository);
    await scope.supervisor.setWebhook({ url: server.url });
    const { signal } = new AbortController();
    const until = { anyoneElseWatches: false };
    const standIn = { intervalMilliseconds: 500, mayLaunch: () => true, maxAgeHours: () => null, until, signal };
    await fail(scope, repository);
    expect(await scope.supervisor.standIn(standIn)).toBe('no_active_run');
    expect(server.received).toHaveLength(1);
    server.answer(() => 503);
    await fail(scope, repository);
    await using next = await testSupervisor(repository, laterBy(60_000));
    expect(await next.supervisor.standIn(standIn)).toBe('no_active_run');
    expect((await next.supervisor.webhook()).pending).toBe(1);
  });

  test('that was set only now is not told of what was before', async () => {
    await using repository = await repositoryWithWorkflows();
    await using server = await endpoint();
    await using scope = await testSupervisor(repository);
    await fail(scope, repository);
    await scope.supervisor.setWebhook({ url: server.url });
    scope.supervisor.startWatching(500);
    const runId = await fail(scope, repository);
    await eventually(async () => server.received.length > 0 && (await hasDelivered(scope)));
    expect(bodies(server).map(({ run }) => run.run_id)).toEqual([runId]);
  });

  test('is told only of what it is set for, and of no run that is snoozed', async () => {
    await using repository = await repositoryWithWorkflows();
    await using server = await endpoint();
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    const start = starterIn(scope, repository);
    await supervisor.setWebhook({ url: server.url, on: ['killed'] });
    supervisor.startWatching(500);
    await fail(scope, repository);
    const snoozed = await start('sleeping');
    await supervisor.snooze(snoozed, Infinity);
    await supervisor.kill(snoozed);
    const killed = await start('sleeping');
    await supervisor.kill(killed);
    await eventually(async () => server.received.length > 0 && (await hasDelivered(scope)));
    expect(bodies(server).map(({ run }) => run.run_id)).toEqual([killed]);
  });

  test('can be tried out, and says what came back', async () => {
    await using repository = await repositoryWithWorkflows();
    await using server = await endpoint();
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    await expect(supervisor.testWebhook()).rejects.toMatchObject({ code: 'no_webhook' });
    await supervisor.setWebhook({ url: server.url, format: 'slack' });
    await supervisor.testWebhook();
    expect(server.received.map(({ body }) => body)).toEqual([
      { text: 'This is a test of Workflow Warden: notices of runs come here.' },
    ]);
    server.answer(() => 404);
    await expect(supervisor.testWebhook()).rejects.toMatchObject({ code: 'webhook_failed', facts: { status: 404 } });
    expect(await supervisor.removeWebhook()).toBe(true);
    expect(await supervisor.removeWebhook()).toBe(false);
    await expect(supervisor.testWebhook()).rejects.toMatchObject({ code: 'no_webhook' });
  });
});

describe('the secret of the webhook', () => {
  test('is in its own file and nowhere else, whatever happens', async () => {
    await using repository = await repositoryWithWorkflows();
    await using server = await endpoint((_, number) => (number === 1 ? 500 : 404));
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    await supervisor.setWebhook({ url: server.url });
    supervisor.startWatching(500);
    await fail(scope, repository);
    await eventually(async () => server.received.length === 2 && (await hasDelivered(scope)));
    await supervisor.testWebhook().catch(() => undefined);
    expect(warnings(scope)).toHaveLength(2);
    expect(JSON.stringify(await supervisor.audit({}))).not.toContain('/services/');
    expect(await filesWith('/services/', repository.stateFolder)).toEqual(['webhook.json']);
  });

  test('is for its owner alone', async () => {
    await using repository = await repositoryWithWorkflows();
    await using scope = await testSupervisor(repository);
    await scope.supervisor.setWebhook({ url: 'https://hooks.example.com/services/x' });
    const file = path.join(repository.stateFolder, 'webhook.json');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await chmod(file, 0o644);
    expect((await scope.supervisor.webhook()).webhook?.host).toBe('hooks.example.com');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  test('is nowhere any more once it was removed, whoever crashed while it was set', async () => {
    await using repository = await repositoryWithWorkflows();
    await using scope = await testSupervisor(repository);
    const leftover = path.join(repository.stateFolder, 'webhook.json.4711');
    await writeFile(leftover, '{"url": "https://hooks.example.com/services/x');
    await scope.supervisor.setWebhook({ url: 'https://hooks.example.com/services/x' });
    expect(await filesWith('/services/', repository.stateFolder)).toEqual(['webhook.json']);
    await scope.supervisor.removeWebhook();
    expect(await filesWith('/services/', repository.stateFolder)).toEqual([]);
  });

  test('is not repeated when its file cannot be used; and the log says so once', async () => {
    await using repository = await repositoryWithWorkflows();
    await using server = await endpoint();
    await using scope = await testSupervisor(repository);
    const file = path.join(repository.stateFolder, 'webhook.json');
    await writeFile(file, `{"url": "${server.url}`, { mode: 0o600 });
    await expect(scope.supervisor.webhook()).rejects.toMatchObject({
      code: 'invalid_webhook',
      facts: { path: file, problem: 'not_json' },
    });
    scope.supervisor.startWatching(500);
    await fail(scope, repository);
    await eventually(() => scope.failures.length > 0);
    expect(warnings(scope)).toEqual([`telling the webhook: ${file}: This is not JSON with the URL of a webhook.`]);
    expect(server.received).toEqual([]);
  });
});

/** Files below a folder that hold a text, by their paths in it. */
async function filesWith(text: string, folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  // One that went meanwhile holds nothing any more.
  const contents = await Promise.all(files.map((file) => readFile(file).catch(() => Buffer.of())));
  return files.filter((_, index) => contents[index]?.includes(text)).map((file) => path.relative(folder, file));
}
