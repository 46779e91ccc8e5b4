import { expect, test } from 'vitest';
import type { RunJson } from '../../../src/core/run-json.ts';
import { eventually } from '../../support/eventually.ts';
import { processesOf } from '../../support/run-processes.ts';
import { shell } from '../../support/temporary-repository.ts';
import { runs, serving, type Serving } from './serving.ts';

const workflows = { sleeper: shell('echo begun; exec sleep 600'), short: shell('printf "grüße\\n"') };

async function started({ repository, post }: Serving, workflow = 'sleeper'): Promise<RunJson> {
  await repository.defineWorkflows(workflows);
  const { status, document } = await post(`/api/v1/workflows/${workflow}/run`, { message: 'do it' });
  expect(status).toBe(201);
  return document;
}

test('a run is started, looked at, killed with proof, and killed again with the same answer', async () => {
  await using serves = await serving();
  const { get, post } = serves;
  const { run_id: runId } = await started(serves);

  const seen = await get(`${runs}/run/${runId}/status`);
  expect(seen).toMatchObject({ status: 200, document: { run_id: runId, status: 'running', message: 'do it' } });

  const preview = await post(`${runs}/run/${runId}/kill?dry_run=true`);
  expect(preview).toMatchObject({ status: 200, document: { dry_run: true, runs: [{ run_id: runId }] } });
  expect(processesOf(runId)).not.toEqual([]);

  const killed = await post(`${runs}/run/${runId}/kill`, { reason: 'enough' });
  expect(killed).toMatchObject({ status: 200, document: { success: true, run_id: runId, kill_method: 'graceful' } });
  expect(processesOf(runId)).toEqual([]);
  expect(await post(`${runs}/run/${runId}/kill?force=true`)).toEqual(killed);

  const { document } = await get(`/api/v1/audit?run_id=${runId}`);
  expect(document.entries).toContainEqual(expect.objectContaining({ action: 'kill', outcome: 'asked', why: 'enough' }));
});

test('a run that ended by itself, and one that nobody knows, are not killed', async () => {
  await using serves = await serving();
  const { supervisor, post } = serves;
  const { run_id: runId } = await started(serves, 'short');
  await supervisor.wait(runId);
  for (const verb of ['kill', 'cancel', 'complete']) {
    const answer = await post(`${runs}/run/${runId}/${verb}`);
    expect(answer).toMatchObject({ status: 409, document: { code: 'run_is_over', details: { status: 'completed' } } });
    const unknown = await post(`${runs}/run/run_000000000000/${verb}`);
    expect(unknown).toMatchObject({ status: 404, document: { code: 'unknown_run', status: 404 } });
  }
  expect((await post('/api/v1/workflows/shrot/run')).document).toMatchObject({
    code: 'unknown_workflow',
    details: { nearest: ['short'] },
  });
});

test('a run is started again, completed by hand, and cancelled', async () => {
  await using serves = await serving();
  const { post, get } = serves;
  const first = await started(serves);
  const again = await post(`${runs}/run/${first.run_id}/restart`, { reason: 'a better prompt' });
  const { entries } = (await get(`/api/v1/audit?run_id=${first.run_id}&action=kill`)).document;
  expect(entries[0]).toMatchObject({ outcome: 'asked', why: 'a better prompt' });
  expect(again).toMatchObject({ status: 201, document: { restarted_from: first.run_id, status: 'running' } });
  const completed = await post(`${runs}/run/${again.document.run_id}/complete`, { as: 'failed', reason: 'by hand' });
  expect(completed).toMatchObject({ status: 200, document: { status: 'failed' } });
  const { run_id: runId } = await started(serves);
  expect(await post(`${runs}/run/${runId}/cancel`)).toMatchObject({ status: 200, document: { status: 'terminated' } });
});

test('runs are listed page by page, by status, and by time whatever the offset', async () => {
  await using serves = await serving();
  const { get, supervisor } = serves;
  const [one, two] = [await started(serves, 'short'), await started(serves, 'short')];
  await Promise.all([one, two].map(({ run_id: runId }) => supervisor.wait(runId)));
  const listed = async (query: string) => {
    const { status, document } = await get(`${runs}/runs?${query}`);
    expect(status).toBe(200);
    return document.runs.map(({ run_id: runId }: RunJson) => runId);
  };
  const { document: page } = await get(`${runs}/runs?limit=1`);
  expect(page.runs).toMatchObject([{ run_id: two.run_id }]);
  expect(await listed(`limit=1&cursor=${page.next_cursor}`)).toEqual([one.run_id]);
  expect(await listed('status=completed,failed&workflow=short')).toEqual([two.run_id, one.run_id]);
  expect(await listed('status=running')).toEqual([]);

  const created = Date.parse(two.created_at);
  for (const minutes of [0, 345, -570]) {
    const at = encodeURIComponent(withOffset(created, minutes));
    expect(await listed(`created_after=${at}`)).toEqual([two.run_id]);
    expect(await listed(`created_before=${at}`)).toEqual([one.run_id]);
  }
});

function withOffset(at: number, minutes: number): string {
  const sign = minutes < 0 ? '-' : '+';
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  const offset = `${sign}${String(hours).padStart(2, '0')}:${String(rest).padStart(2, '0')}`;
  return new Date(at + minutes * 60_000).toISOString().replace('Z', offset);
}

test('a cleanup removes nothing unless it is told to', async () => {
  await using serves = await serving();
  const { get, post, supervisor } = serves;
  const { run_id: runId } = await started(serves, 'short');
  await supervisor.wait(runId);
  const plan = await post('/api/v1/worktrees/cleanup', { max_age_hours: 0 });
  expect(plan).toMatchObject({ status: 200, document: { dry_run: true, removed: [{ run_id: runId }] } });
  expect((await get('/api/v1/worktrees')).document.worktrees).toMatchObject([{ run_id: runId, exists: true }]);
  const elsewhere = { max_age_hours: 0, dry_run: false, only: ['/nowhere'] };
  expect((await post('/api/v1/worktrees/cleanup', elsewhere)).document.removed).toEqual([]);
  const done = await post('/api/v1/worktrees/cleanup', { max_age_hours: 0, dry_run: false, reason: 'tidy' });
  expect(done).toMatchObject({ status: 200, document: { dry_run: false, removed: [{ run_id: runId }] } });
  expect((await get('/api/v1/worktrees')).document.worktrees).toEqual([]);
  const { document } = await get('/api/v1/audit?action=cleanup');
  expect(document.entries.at(-1)).toMatchObject({ why: 'tidy', outcome: 'done' });
});

test('a log is read in parts that cut no character in two, and followed to the end of the run', async () => {
  await using serves = await serving();
  const { repository, get, post, fetch } = serves;
  await repository.defineWorkflows({ writer: shell('printf "grüße\\n"; sleep 0.3; printf "ende\\n<b>\\033[2J"') });
  const { document } = await post('/api/v1/workflows/writer/run');
  const at = `${runs}/run/${document.run_id}/logs`;
  const followed = await fetch(`${at}?follow=true`);
  expect(followed.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  const events = eventsIn(await followed.text());
  expect(events.at(-1)).toMatchObject({ event: 'end', document: { status: 'completed' } });
  const text = 'grüße\nende\n<b>\u001b[2J';
  expect(events.map(({ document: part }) => part.output ?? '').join('')).toBe(text);

  const first = await get(`${at}?limit=3`);
  const total_bytes = Buffer.byteLength(text);
  expect(first.document).toMatchObject({ status: 'completed', offset: 0, next_offset: 2, total_bytes, output: 'gr' });
  expect((await get(`${at}?offset=9999`)).document).toMatchObject({ next_offset: 9_999, total_bytes, output: '' });
  expect((await get(`${at}?offset=2`)).document.output).toBe(text.slice(2));
  const resumed = await fetch(`${at}?follow=true`, { headers: { 'last-event-id': '8' } });
  expect(eventsIn(await resumed.text())[0]?.document.output).toBe(text.slice(6));
});

// oxlint-disable-next-line typescript/no-explicit-any -- the tests say what they expect
function eventsIn(text: string): { event: string; document: any }[] {
  return text
    .split('\n\n')
    .filter((part) => part.startsWith('event: '))
    .map((part) => ({
      event: /^event: (.*)$/m.exec(part)?.[1] ?? '',
      document: JSON.parse(/^data: (.*)$/m.exec(part)?.[1] ?? ''),
    }));
}

test('a follower that goes away is not looked after any more, and the run goes on', async () => {
  await using serves = await serving();
  const { fetch, get } = serves;
  const { run_id: runId } = await started(serves);
  const controller = new AbortController();
  const response = await fetch(`${runs}/run/${runId}/logs?follow=true`, { signal: controller.signal });
  const reader = response.body!.getReader();
  expect(new TextDecoder().decode((await reader.read()).value)).toContain('begun');
  controller.abort();
  await reader.read().catch(() => undefined);
  expect((await get(`${runs}/run/${runId}/status`)).document.status).toBe('running');
  expect(serves.failures).toEqual([]);
});

test('a hundred kills of one run at once are one kill', async () => {
  await using serves = await serving();
  const { post, supervisor } = serves;
  const { run_id: runId } = await started(serves);
  const answers = await Promise.all(Array.from({ length: 100 }, () => post(`${runs}/run/${runId}/kill`)));
  expect(new Set(answers.map(({ status, document }) => `${status} ${JSON.stringify(document)}`)).size).toBe(1);
  expect(answers[0]).toMatchObject({ status: 200, document: { success: true, run_id: runId } });
  const entries = await supervisor.audit({ limit: 1_000 });
  expect(entries.filter(({ action, outcome }) => action === 'kill' && outcome === 'done')).toHaveLength(1);
});

test('monitoring is told what there is, and what was killed', async () => {
  await using serves = await serving();
  const { fetch, get, post } = serves;
  const { run_id: runId } = await started(serves);
  const metrics = async (): Promise<string> => (await fetch('/metrics')).text();
  const before = await metrics();
  expect(before).toContain('\nwarden_runs{status="running"} 1\n');
  expect(before).toContain('\nwarden_runs_health{level="healthy"} 1\n');
  await post(`${runs}/run/${runId}/kill`);
  const after = await metrics();
  expect(after).toContain('\nwarden_kill_duration_seconds_bucket{le="+Inf"} 1\n');
  expect(after).toContain('\nwarden_kills_total{outcome="done"} 1\n');
  expect(after).toContain('\nwarden_orphans 0\n');
  expect(after).toMatch(/\n# EOF\n$/);
  expect(await get('/api/v1/health')).toMatchObject({
    status: 200,
    document: { live: true, ready: true, watcher: null },
  });
  expect((await get('/api/v1/health/ready')).status).toBe(200);
  expect((await get('/api/v1/workflows')).document.workflows).toMatchObject([{ name: 'sleeper' }, { name: 'short' }]);
});

test('whoever follows a log is let go when the server ends', async () => {
  const serves = await serving();
  const { run_id: runId } = await started(serves);
  const { body } = await serves.fetch(`${runs}/run/${runId}/logs?follow=true`);
  let told = '';
  const following = (async () => {
    for await (const chunk of body ?? []) told += Buffer.from(chunk).toString();
  })();
  await eventually(() => told.includes('begun'));
  await serves[Symbol.asyncDispose]();
  await following;
  expect(told).not.toContain('event: end');
});
