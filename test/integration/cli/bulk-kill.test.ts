import { withinRun } from '../../support/within-run.ts';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { KillPreviewJson, KillReportJson, RunJson } from '../../../src/core/run-json.ts';
import { eventually } from '../../support/eventually.ts';
import { processesOf } from '../../support/run-processes.ts';
import { shell, temporaryRepository } from '../../support/temporary-repository.ts';
import { type Warden, warden } from './warden.ts';

interface Reports {
  readonly reports: readonly KillReportJson[];
}

const hang = shell('echo begun; sleep 600');

async function started(cli: Warden, workflow: string, message = ''): Promise<string> {
  return (await cli.json<RunJson>('run', workflow, '--message', message)).document.run_id;
}

const sorted = (runIds: Iterable<string>): readonly string[] => [...runIds].sort();

const killedIn = ({ reports }: Reports): readonly string[] => sorted(reports.map(({ run_id }) => run_id));

const previewed = ({ runs }: KillPreviewJson): readonly string[] => sorted(runs.map(({ run_id }) => run_id));

test('warden kill that is interrupted says that the kill is not taken back', async () => {
  await using cli = await warden();
  const kill = { gracefulSeconds: 60 };
  await cli.repository.defineWorkflows({ deaf: { ...shell(`trap '' TERM; while :; do sleep 1; done`), kill } });
  const runId = await started(cli, 'deaf');
  const killing = cli.start(['kill', runId]);
  await eventually(async () => (await cli.json<RunJson>('status', runId)).document.status === 'terminating');
  killing.child.kill('SIGINT');
  const { exitCode, errors } = await killing.ended;
  expect({ exitCode, errors }).toEqual({ exitCode: 130, errors: expect.stringContaining('goes on with it') });
  expect((await cli.json<RunJson>('status', runId)).document.status).toBe('terminating');
});

describe('warden kill of runs that are not named', () => {
  test('kills those that are meant, and nobody else', async () => {
    await using cli = await warden();
    await cli.repository.defineWorkflows({ builder: hang, bystander: hang });
    const fix = await started(cli, 'builder', 'Fix the login\nof the shop');
    const test = await started(cli, 'builder', 'Test the shop');
    const other = await started(cli, 'bystander', 'Fix the login');

    const preview = async (...what: string[]) =>
      previewed((await cli.json<KillPreviewJson>('kill', '--dry-run', ...what)).document);
    expect(await preview('--all')).toEqual(sorted([fix, test, other]));
    expect(await preview('--workflow', 'builder')).toEqual(sorted([fix, test]));
    expect(await preview('--match', '*login*')).toEqual(sorted([fix, other]));
    expect(await preview('--match', `${fix.slice(0, 10)}*`)).toEqual([fix]);
    expect(await preview('--match', '*login*', '--workflow', 'bystander')).toEqual([other]);
    expect(processesOf(fix).length).toBeGreaterThan(0);

    const one = await cli.json<Reports>('kill', '--match', 'Fix*', '--workflow', 'builder', '--yes');
    expect(one.exitCode).toBe(0);
    expect(killedIn(one.document)).toEqual([fix]);
    expect(one.document.reports[0]).toMatchObject({ success: true, survivors: [] });
    expect(processesOf(other).length).toBeGreaterThan(0);

    const rest = await cli.json<Reports>('kill', '--all', '--yes', '--reason', 'home time');
    expect(rest.exitCode).toBe(0);
    expect(killedIn(rest.document)).toEqual(sorted([test, other]));
    expect([fix, test, other].flatMap(processesOf)).toEqual([]);
    expect((await cli.json('status', test)).document).toMatchObject({ reason: expect.stringContaining('home time') });
  });

  test('finds nobody: that is told, and done', async () => {
    await using cli = await warden();
    await cli.repository.defineWorkflows({ done: shell('exit 0') });
    await cli.finished('done');
    expect(await cli.json('kill', '--workflow', 'done', '--yes')).toEqual({ exitCode: 0, document: { reports: [] } });
    expect(await cli.json('kill', '--all', '--dry-run')).toEqual({
      exitCode: 0,
      document: { dry_run: true, runs: [] },
    });
    expect(await cli.run('kill', '--all', '--yes')).toMatchObject({
      exitCode: 0,
      output: 'No run that is not over is meant.\n',
    });
  });

  test('means also those that have failed and are to be started again', async () => {
    await using cli = await warden();
    const retry = { attempts: 1, backoffSeconds: 600 };
    await cli.repository.defineWorkflows({ flaky: { ...shell('exit 3'), retry } });
    const { run_id } = await cli.finished('flaky');
    expect((await cli.run('kill', '--all', '--dry-run')).output).toContain('and to be started again');

    const killed = await cli.json<Reports>('kill', '--all', '--yes');

    expect(killed).toMatchObject({ exitCode: 0, document: { reports: [{ run_id, success: true }] } });
    expect((await cli.json<RunJson>('status', run_id)).document).toMatchObject({
      status: 'failed',
      retry: { next_at: null, stopped: 'not started again: somebody has killed it' },
    });
    expect((await cli.json<Reports>('kill', '--all', '--yes')).document).toEqual({ reports: [] });
  });

  test('means those of this repository, unless every one is meant', async () => {
    await using cli = await warden();
    await cli.repository.defineWorkflows({ hang });
    await using other = await temporaryRepository();
    await other.defineWorkflows({ hang });
    const here = await started(cli, 'hang');
    const there = (await cli.json<RunJson>('run', 'hang', '--repo', other.path)).document.run_id;

    const preview = async (...what: string[]) =>
      previewed((await cli.json<KillPreviewJson>('kill', '--all', '--dry-run', ...what)).document);
    expect(await preview()).toEqual([here]);
    expect(await preview('--repo', other.path)).toEqual([there]);
    expect(await preview('--everywhere')).toEqual(sorted([here, there]));
    const outside = await cli.start(['--json', 'kill', '--all', '--yes'], { directory: '/' }).ended;
    expect(outside.exitCode).toBe(1);
    expect(JSON.parse(outside.output)).toMatchObject({ error: { code: 'not_a_repository' } });
    expect(killedIn((await cli.json<Reports>('kill', '--all', '--everywhere', '--yes')).document)).toEqual(
      sorted([here, there]),
    );
  });

  test('in a run means neither that run nor the one that it was started from', async () => {
    await using cli = await warden();
    await cli.repository.defineWorkflows({ hang });
    const inRun = async (runId: string, ...parameters: string[]) =>
      JSON.parse((await cli.start([...parameters, '--json'], { environment: withinRun(runId) }).ended).output);
    const parent = await started(cli, 'hang');
    const child = ((await inRun(parent, 'run', 'hang')) as RunJson).run_id;
    const other = await started(cli, 'hang');
    expect(previewed(await inRun(child, 'kill', '--all', '--dry-run'))).toEqual([other]);
    expect(previewed(await inRun(parent, 'kill', '--all', '--dry-run'))).toEqual(sorted([child, other]));
  });

  test.each([
    [[], 'Something is missing: which runs?'],
    [['--all', '--match', '*'], 'Either runs are named'],
    [['run_0123456789ab', '--workflow', 'builder'], 'Either runs are named'],
    [['run_0123456789ab', '--everywhere'], '--everywhere is too much'],
    [['--match', ''], '--match needs a value that is not empty'],
    [['--workflow='], '--workflow needs a value that is not empty'],
    [['--all'], 'say yes to their end with --yes, or only look with --dry-run'],
    [['--all', '--json'], 'say yes to their end with --yes, or only look with --dry-run'],
  ])('%j is wrong usage where nobody can be asked, and kills nobody', async (given, words) => {
    await using cli = await warden();
    await cli.repository.defineWorkflows({ hang });
    const { exitCode, output, errors } = await cli.run('kill', ...given);
    expect(exitCode).toBe(2);
    expect(output + errors).toContain(words);
  });
});

describe('warden kill --dry-run', () => {
  test('tells of named runs what a kill would cut off, in words and as JSON', async () => {
    await using cli = await warden();
    await cli.repository.defineWorkflows({ hang });
    const { document } = await cli.json<RunJson>('run', 'hang');
    await writeFile(path.join(document.worktree_path!, 'new'), '');
    await writeFile(path.join(document.worktree_path!, 'README.md'), '');

    const { exitCode, document: preview } = await cli.json<KillPreviewJson>('kill', document.run_id, '--dry-run');

    expect(exitCode).toBe(0);
    expect(preview).toEqual({
      dry_run: true,
      runs: [
        {
          run_id: document.run_id,
          workflow_name: 'hang',
          status: 'running',
          impact: {
            dirty_files: { tracked: 1, untracked: 1 },
            unpushed_commits: 0,
            under_way: [],
            processes: processesOf(document.run_id).length,
            children: [],
            running_ms: expect.any(Number),
            unknown: [],
          },
        },
      ],
    });
    const { output } = await cli.run('kill', document.run_id, '--dry-run');
    expect(output).toMatch(
      /^run_\w+ \(hang\) running for [\d.]+ s, \d processes\n {2}2 files are not committed, 1 of them new\n$/,
    );
    expect((await cli.json<RunJson>('status', document.run_id)).document.status).toBe('running');
  });

  test('of an unknown run exits with 3, as a kill of unknown runs alone does', async () => {
    await using cli = await warden();
    const unknown = ['run_0123456789ab', 'run_ba9876543210'];
    expect(await cli.json('kill', ...unknown, '--dry-run')).toMatchObject({
      exitCode: 3,
      document: { error: { code: 'unknown_run' } },
    });
    const { exitCode, document } = await cli.json('kill', ...unknown);
    expect(exitCode).toBe(3);
    expect(document).toMatchObject({ reports: unknown.map((run_id) => ({ run_id, error: { code: 'unknown_run' } })) });
  });
});
