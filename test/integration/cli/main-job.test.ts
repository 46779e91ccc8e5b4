import { existsSync } from 'node:fs';
import { readdir, readlink } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { CleanupJson, KillReportJson, RunJson } from '../../../src/core/run-json.ts';
import { eventually } from '../../support/eventually.ts';
import { processesOf } from '../../support/run-processes.ts';
import { shell } from '../../support/temporary-repository.ts';
import { warden } from './warden.ts';

const hang = shell('echo begun; sleep 600');

describe('warden run', () => {
  test('starts a run that the other verbs know', async () => {
    await using cli = await warden();
    await cli.repository.defineWorkflows({
      greet: { ...shell('echo "hello $WARDEN_MESSAGE"'), retry: { attempts: 1 } },
    });

    const { exitCode, document } = await cli.json<RunJson>('run', 'greet', '--message', 'world');
    const { run_id } = document;

    expect(exitCode).toBe(0);
    expect(document).toMatchObject({ workflow_name: 'greet', status: 'running', message: 'world', exit_code: null });
    // What stands beside the run is what is known of it, not what a run begins with.
    expect(document.retry).toMatchObject({ attempt: 1, of: 2 });
    expect((await cli.run('wait', run_id)).exitCode).toBe(0);
    expect(await cli.run('logs', run_id)).toEqual({ exitCode: 0, output: 'hello world\n', errors: '' });
    expect((await cli.json('status', run_id)).document).toMatchObject({
      run_id,
      status: 'completed',
      exit_code: 0,
      last_line: 'hello world',
      health: { level: 'healthy', reasons: [] },
    });
    expect((await cli.run('status', run_id)).output).toMatch(/^status +completed$/m);
  });

  test('with --wait exits 0 only if the run completed', async () => {
    await using cli = await warden();
    await cli.repository.defineWorkflows({ good: shell('exit 0'), bad: shell('exit 3') });

    expect((await cli.run('run', 'good', '--wait')).exitCode).toBe(0);
    const { exitCode, document } = await cli.json('run', 'bad', '--wait');

    expect(exitCode).toBe(1);
    expect(document).toMatchObject({ status: 'failed', exit_code: 3 });
  });

  test('reads its message from standard input, and names the run that it was started from', async () => {
    await using cli = await warden();
    await cli.repository.defineWorkflows({ echo: shell('printf %s "$WARDEN_MESSAGE"') });
    const parent = 'run_0123456789ab';

    const { output } = await cli.start(['--json', 'run', 'echo', '--message', '-', '--wait'], {
      input: 'two\nlines\n',
      environment: { WARDEN_RUN_ID: parent },
    }).ended;

    expect(JSON.parse(output)).toMatchObject({ message: 'two\nlines', parent_run_id: parent, status: 'completed' });
  });

  test('twice at once starts two', async () => {
    await using cli = await warden();
    await cli.repository.defineWorkflows({ hang });

    const started = await Promise.all([cli.json<RunJson>('run', 'hang'), cli.json<RunJson>('run', 'hang')]);

    expect(started.map(({ document }) => document.status)).toEqual(['running', 'running']);
    expect(new Set(started.map(({ document }) => document.worktree_path)).size).toBe(2);
  });

  test('works on a detached HEAD, from a subfolder and from another one with --repo', async () => {
    await using cli = await warden();
    await cli.repository.defineWorkflows({ good: shell('exit 0') });
    await cli.repository.git('checkout', '--quiet', '--detach');

    const inside = await cli.start(['run', 'good', '--wait'], { directory: `${cli.repository.path}/.vscode` }).ended;
    const outside = await cli.start(['--repo', cli.repository.path, 'run', 'good', '--wait'], { directory: '/' }).ended;

    expect([inside.exitCode, outside.exitCode]).toEqual([0, 0]);
  });

  test('that is interrupted while it prepares leaves nothing half-made', async () => {
    await using cli = await warden();
    await cli.repository.defineWorkflows({ slow: { ...shell('exit 0'), setup: ['sleep', '600'] } });

    const { child, ended } = cli.start(['run', 'slow']);
    const pending = await eventually(async () => {
      const { document } = await cli.json<{ runs: RunJson[] }>('list', '--status', 'pending');
      return document.runs.find(({ worktree_path }) => worktree_path !== null && existsSync(worktree_path));
    });
    child.kill('SIGINT');

    expect((await ended).exitCode).toBe(130);
    expect((await cli.json('status', pending.run_id)).document).toMatchObject({ status: 'terminated' });
    expect(existsSync(pending.worktree_path!)).toBe(false);
    expect(await cli.repository.git('branch', '--list', 'warden/*')).toBe('');
  });
});

describe('warden logs --follow', () => {
  test('prints what comes until the run is over, to the last byte', async () => {
    await using cli = await warden();
    const bytes = 300_000;
    await cli.repository.defineWorkflows({
      talk: shell(`echo one; sleep 0.5; printf 'x%.0s' $(seq ${bytes}); printf end`),
    });

    const { document } = await cli.json<RunJson>('run', 'talk');
    const { exitCode, output } = await cli.run('logs', document.run_id, '--follow');

    expect(exitCode).toBe(0);
    expect(output).toBe(`one\n${'x'.repeat(bytes)}end`);
  });

  test('ends quietly when its reader is gone, and says that the run goes on when interrupted', async () => {
    await using cli = await warden();
    await cli.repository.defineWorkflows({ tick: shell('while :; do echo tick; sleep 0.05; done') });
    const { document } = await cli.json<RunJson>('run', 'tick');

    const left = cli.start(['logs', document.run_id, '--follow']);
    left.child.stdout?.once('data', () => left.child.stdout?.destroy());
    const { exitCode, errors } = await left.ended;
    const interrupted = cli.start(['logs', document.run_id, '--follow']);
    interrupted.child.stdout?.once('data', () => interrupted.child.kill('SIGINT'));

    expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: '' });
    expect(await interrupted.ended).toMatchObject({
      exitCode: 130,
      errors: `warden: stopped following; ${document.run_id} goes on\n`,
    });
    expect((await cli.json('status', document.run_id)).document).toMatchObject({ status: 'running' });
  });
});

/** It has opened the database: before that it was ready to be interrupted. */
async function isUnderWay(pid = 0): Promise<boolean> {
  const files = await readdir(`/proc/${pid}/fd`);
  const opened = await Promise.all(files.map((file) => readlink(`/proc/${pid}/fd/${file}`).catch(() => '')));
  return opened.some((file) => file.endsWith('/warden.db'));
}

describe('warden wait', () => {
  test.skipIf(process.platform !== 'linux')(
    'gives up after its timeout, and when interrupted; the run goes on',
    async () => {
      await using cli = await warden();
      await cli.repository.defineWorkflows({ hang });
      const { document } = await cli.json<RunJson>('run', 'hang');

      const late = await cli.json('wait', document.run_id, '--timeout', '0.2');
      const { child, ended } = cli.start(['wait', document.run_id]);
      await eventually(() => isUnderWay(child.pid));
      child.kill('SIGINT');

      expect(late).toMatchObject({ exitCode: 1, document: { status: 'running' } });
      expect(await ended).toEqual({
        exitCode: 130,
        output: '',
        errors: `warden: stopped waiting; ${document.run_id} goes on\n`,
      });
    },
  );
});

describe('warden kill', () => {
  test('prints the report, with its exact keys', async () => {
    await using cli = await warden();
    await cli.repository.defineWorkflows({ hang });
    const { run_id } = (await cli.json<RunJson>('run', 'hang')).document;

    const { exitCode, document } = await cli.json<KillReportJson>('kill', run_id, '--reason', 'enough');

    expect(exitCode).toBe(0);
    expect(Object.keys(document)).toEqual([
      'success',
      'run_id',
      'workflow_name',
      'killed_at',
      'kill_method',
      'kill_duration_ms',
      'cleanup_status',
      'survivors',
      'message',
      'signals',
      'processes',
      'stages',
      'waited_for',
      'interrupted',
      'aftermath',
    ]);
    expect(document).toMatchObject({
      success: true,
      run_id,
      workflow_name: 'hang',
      kill_method: 'graceful',
      cleanup_status: { session_updated: true, audit_logged: true, process_terminated: true },
      survivors: [],
    });
    expect(processesOf(run_id)).toEqual([]);
    expect((await cli.json('status', run_id)).document).toMatchObject({ reason: expect.stringContaining('enough') });
  });

  test('of several does what it can', async () => {
    await using cli = await warden();
    await cli.repository.defineWorkflows({ hang, done: shell('exit 0') });
    const [one, two, over] = [
      (await cli.json<RunJson>('run', 'hang')).document.run_id,
      (await cli.json<RunJson>('run', 'hang')).document.run_id,
      (await cli.finished('done')).run_id,
    ];

    const { exitCode, document } = await cli.json('kill', one, two, over);

    expect(exitCode).toBe(1);
    expect(document).toMatchObject({
      reports: [
        { run_id: one, success: true },
        { run_id: two, success: true },
        { run_id: over, error: { code: 'run_is_over' } },
      ],
    });
  });

  test('of a run that ended while nobody watched is refused', async () => {
    await using cli = await warden();
    await cli.repository.defineWorkflows({ brief: shell('exit 3') });
    const { run_id } = (await cli.json<RunJson>('run', 'brief')).document;
    await eventually(() => processesOf(run_id).length === 0);

    const { exitCode, document } = await cli.json('kill', run_id);

    expect(exitCode).toBe(4);
    expect(document).toMatchObject({ error: { code: 'run_is_over', details: { run_id, status: 'failed' } } });
  });
});

test('warden extend gives a run more time, and says how much it has then', async () => {
  await using cli = await warden();
  await cli.repository.defineWorkflows({ hang: { ...hang, timeoutMinutes: 10 }, brief: shell('exit 0') });
  const { run_id } = (await cli.json<RunJson>('run', 'hang')).document;
  const brief = await cli.finished('brief');

  const { exitCode, document } = await cli.json<RunJson>('extend', run_id, '--minutes', '5');
  const plain = await cli.run('extend', run_id, '--minutes=0.5');
  const late = await cli.json('extend', brief.run_id, '--minutes', '5');

  expect({ exitCode, document }).toMatchObject({
    exitCode: 0,
    document: { time_limit_minutes: 15, extra_minutes: 5, status: 'running' },
  });
  expect(plain).toEqual({
    exitCode: 0,
    output: `${run_id} may take 15 min, 5 min 30 s of it added\n`,
    errors: '',
  });
  expect((await cli.run('status', run_id)).output).toMatch(/^time limit +15 min, 5 min 30 s of it added$/m);
  expect(late).toMatchObject({ exitCode: 4, document: { error: { code: 'run_is_over' } } });
});

test('warden restart ends the old run and names it', async () => {
  await using cli = await warden();
  await cli.repository.defineWorkflows({ hang });
  const old = (await cli.json<RunJson>('run', 'hang', '--message', 'again')).document;

  const { exitCode, document } = await cli.json<RunJson>('restart', old.run_id);

  expect(exitCode).toBe(0);
  expect(document).toMatchObject({ status: 'running', message: 'again', restarted_from: old.run_id });
  expect(document.run_id).not.toBe(old.run_id);
  expect(processesOf(old.run_id)).toEqual([]);
});

test('warden complete counts a run as completed, or as failed', async () => {
  await using cli = await warden();
  await cli.repository.defineWorkflows({ hang });
  const one = (await cli.json<RunJson>('run', 'hang')).document.run_id;
  const two = (await cli.json<RunJson>('run', 'hang')).document.run_id;

  expect(await cli.json('complete', one)).toMatchObject({ exitCode: 0, document: { status: 'completed' } });
  expect(await cli.json('complete', two, '--as', 'failed', '--reason', 'no good')).toMatchObject({
    exitCode: 0,
    document: { status: 'failed', reason: expect.stringContaining('no good') },
  });
  expect(await cli.json('complete', two)).toMatchObject({ exitCode: 4, document: { error: { code: 'run_is_over' } } });
});

describe('warden cleanup', () => {
  test('only lists in a dry run, and asks before it removes', async () => {
    await using cli = await warden();
    await cli.repository.defineWorkflows({ done: shell('exit 0') });
    const { run_id, worktree_path } = await cli.finished('done');

    const young = await cli.json<CleanupJson>('cleanup', '--dry-run');
    const dry = await cli.json<CleanupJson>('cleanup', '--dry-run', '--max-age-hours', '0');
    const unasked = await cli.json('cleanup', '--max-age-hours', '0');

    expect(young.document.kept).toMatchObject([{ run_id }]);
    expect(dry).toMatchObject({
      exitCode: 0,
      document: { dry_run: true, removed: [{ run_id, path: worktree_path, checkpoint: null }], kept: [] },
    });
    expect(unasked).toMatchObject({
      exitCode: 4,
      document: { error: { code: 'confirmation_needed', details: { paths: [worktree_path] } } },
    });
    expect(existsSync(worktree_path!)).toBe(true);
  });

  test('removes with --yes what may go, and has deleted it when it ends', async () => {
    await using cli = await warden();
    await cli.repository.defineWorkflows({ done: shell('exit 0'), hang });
    const done = await cli.finished('done');
    const { run_id } = (await cli.json<RunJson>('run', 'hang')).document;

    const { exitCode, document } = await cli.json<CleanupJson>('cleanup', '--yes', '--max-age-hours', '0');

    expect(exitCode).toBe(0);
    expect(document).toMatchObject({ dry_run: false, removed: [{ run_id: done.run_id }], kept: [{ run_id }] });
    expect(existsSync(done.worktree_path!)).toBe(false);
    expect(existsSync(`${cli.repository.path}.worktrees/.trash`)).toBe(false);
  });
});

describe('warden list', () => {
  test('tells runs apart by status, workflow, time and repository, in pages', async () => {
    await using cli = await warden();
    await cli.repository.defineWorkflows({ good: shell('exit 0'), bad: shell('exit 1') });
    const good = await cli.finished('good');
    const bad = await cli.finished('bad');
    const ids = async (...filter: string[]): Promise<string[]> => {
      const { document } = await cli.json<{ runs: RunJson[] }>('list', ...filter);
      return document.runs.map(({ run_id }) => run_id);
    };

    expect(await ids()).toEqual([bad.run_id, good.run_id]);
    expect(await ids('--status', 'failed,killed')).toEqual([bad.run_id]);
    expect(await ids('--workflow', 'good')).toEqual([good.run_id]);
    expect(await ids('--since', bad.created_at)).toEqual([bad.run_id]);
    expect(await ids('--until', bad.created_at)).toEqual([good.run_id]);
    expect(await ids('--until', '1h ago')).toEqual([]);
    const page = await cli.json<{ next_cursor: string }>('list', '--limit', '1');
    expect(await ids('--cursor', page.document.next_cursor)).toEqual([good.run_id]);

    await cli.repository.git('init', '--quiet', '../other');
    const other = `${cli.repository.path}/../other`;
    expect(await ids('--repo', other)).toEqual([]);
    expect(await ids('--repo', other, '--all')).toHaveLength(2);
    const outside = await cli.start(['list', '--json'], { directory: `${cli.repository.path}/..` }).ended;
    expect(JSON.parse(outside.output)).toMatchObject({ runs: [{}, {}], next_cursor: null });
  });

  test('takes times of the zone that it runs in, and prints those of UTC', async () => {
    await using cli = await warden();
    await cli.repository.defineWorkflows({ good: shell('exit 0') });
    const { run_id, created_at } = await cli.finished('good');
    const zone = 'Australia/Lord_Howe';
    const there = (milliseconds: number): string => new Date(milliseconds).toLocaleString('sv-SE', { timeZone: zone });
    const inZone = async (...parameters: string[]): Promise<string> =>
      (await cli.start(parameters, { environment: { TZ: zone } }).ended).output;

    expect(await inZone('list', '--since', there(Date.parse(created_at)))).toContain(run_id);
    expect(await inZone('list', '--since', there(Date.parse(created_at) + 1_000))).not.toContain(run_id);
    expect(await inZone('status', run_id)).toContain(`created     ${created_at}`);
  });

  test('prints a table without colours where it is not a terminal', async () => {
    await using cli = await warden();
    await cli.repository.defineWorkflows({ good: shell(String.raw`printf '\033[31mred\033[0m\n'`) });
    const { run_id } = await cli.finished('good');

    const { output } = await cli.start(['list'], { environment: { FORCE_COLOR: '1' } }).ended;

    expect(output.split('\n')).toEqual([
      expect.stringMatching(/^RUN +WORKFLOW +STATUS +HEALTH +AGE +LAST LINE$/),
      expect.stringMatching(new RegExp(`^${run_id} +good +completed +healthy +.* s +red$`)),
      '',
    ]);
  });
});

test('warden watch ends by itself when no run is left', async () => {
  await using cli = await warden();
  await cli.repository.defineWorkflows({ brief: shell('sleep 1') });
  const { run_id } = (await cli.json<RunJson>('run', 'brief')).document;

  const { exitCode, document } = await cli.json('watch');

  expect({ exitCode, document }).toEqual({ exitCode: 0, document: { ended: 'no_active_run' } });
  const { entries } = (await cli.json<{ entries: object[] }>('audit')).document;
  // Whoever looks in the moment between the record and the end of the wrapper ends that.
  const action: unknown = expect.stringMatching(/^(end|settle)$/);
  expect(entries.at(-1)).toMatchObject({ run_id, action, outcome: 'done', face: 'watch' });
});

test('warden list and status say who watches, or that nobody does', async () => {
  await using cli = await warden();
  await cli.repository.defineWorkflows({ hang });
  const { run_id } = (await cli.json<RunJson>('run', 'hang')).document;
  expect((await cli.run('list')).output).toContain('Watched by nobody: no limit is kept');
  expect((await cli.json('status', run_id)).document).toMatchObject({ watcher: null });

  const watch = cli.start(['watch', '--interval', '1']);
  const seen = await eventually(async () => {
    const { document } = await cli.json<{ watcher: object | null }>('list');
    return document.watcher;
  });
  expect(seen).toEqual({ face: 'watch', pid: watch.child.pid, heartbeat_age_ms: expect.any(Number) });
  expect((await cli.run('list')).output).not.toContain('Watched by');
  expect((await cli.run('status', run_id)).output).toMatch(/^watched by +warden watch \(pid \d+\)$/m);
  watch.child.kill('SIGINT');
  await watch.ended;
});
