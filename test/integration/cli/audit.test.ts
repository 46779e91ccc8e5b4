import Database from 'better-sqlite3';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { AuditEntryJson } from '../../../src/core/audit-export.ts';
import { shell } from '../../support/temporary-repository.ts';
import { warden } from './warden.ts';

test('what was done is verified, listed and exported, and an edited file is found out', async () => {
  await using cli = await warden();
  await cli.repository.defineWorkflows({ quick: shell('true') });
  const { run_id: runId } = await cli.finished('quick');
  await cli.run('kill', runId, '--reason', 'token=xyzzy');

  const verified = await cli.json<{ entries: number }>('audit', 'verify');
  expect(verified).toMatchObject({ exitCode: 0, document: { ok: true, problems: [] } });

  const listed = await cli.json<{ entries: AuditEntryJson[] }>('audit', '--run', runId, '--action', 'launch');
  expect(new Set(listed.document.entries.map(({ action }) => action))).toEqual(new Set(['launch']));

  const file = path.join(cli.repository.stateFolder, 'export.json');
  const exported = await cli.json<{ entries: number }>('audit', 'export', '--since', '1h ago', '--output', file);
  const { entries } = JSON.parse(await readFile(file, 'utf8')) as { entries: AuditEntryJson[] };
  expect(entries).toHaveLength(exported.document.entries);
  expect(entries.length).toBe(verified.document.entries);
  expect(JSON.stringify(entries)).not.toContain('xyzzy');
  expect(await cli.run('audit', 'export', '--output', file)).toMatchObject({ exitCode: 2 });
  const csv = await cli.run('audit', 'export', '--format', 'csv');
  expect(csv.output.trimEnd().split('\r\n')).toHaveLength(entries.length + 1);
  expect(await cli.json('audit', 'export', '--format', 'csv')).toMatchObject({
    exitCode: 2,
    document: { error: { message: expect.stringContaining('--output') } },
  });
  expect(await cli.run('audit', 'verify', '--limit', '1')).toMatchObject({ exitCode: 2 });

  const mirror = path.join(cli.repository.stateFolder, 'audit.jsonl');
  await writeFile(mirror, (await readFile(mirror, 'utf8')).replace('"done"', '"failed"'));
  expect(await cli.json('audit', 'verify')).toMatchObject({ exitCode: 1, document: { ok: false } });
});

test('how a run was left is told with each end', async () => {
  await using cli = await warden();
  await cli.repository.defineWorkflows({ hang: shell('sleep 600') });
  const ends = [
    ['terminated', ['kill']],
    ['failed', ['complete', '--as', 'failed']],
  ] as const;
  for (const [status, [verb, ...options]] of ends) {
    const { document: run } = await cli.json<{ run_id: string }>('run', 'hang');
    await cli.run(verb, run.run_id, ...options);
    const { document } = await cli.json<{ entries: AuditEntryJson[] }>('audit', '--run', run.run_id, '--action', verb);
    expect(document.entries).toMatchObject([{ outcome: 'asked' }, { outcome: 'done', facts: { status } }]);
  }
});

test('what was done with a run can be read, and its text removed, when all else of the run is forgotten', async () => {
  await using cli = await warden();
  await cli.repository.defineWorkflows({ quick: shell('true') });
  const { run_id: runId } = await cli.finished('quick');
  const { stateFolder } = cli.repository;
  const database = new Database(path.join(stateFolder, 'warden.db'));
  database.prepare('DELETE FROM workflow_runs WHERE run_id = ?').run(runId);
  database.close();
  await rm(path.join(stateFolder, 'runs', runId), { recursive: true });

  expect(await cli.json('status', runId)).toMatchObject({ exitCode: 3 });
  const { exitCode, document } = await cli.json<{ entries: AuditEntryJson[] }>('audit', '--run', runId);
  expect({ exitCode, first: document.entries[0]?.action }).toEqual({ exitCode: 0, first: 'launch' });
  const { redacted } = (await cli.json<{ redacted: number }>('audit', 'redact', '--run', runId)).document;
  expect(redacted).toBe(document.entries.length);
  expect(await cli.json('audit', '--run', 'run_000000000000')).toMatchObject({ exitCode: 3 });
});
