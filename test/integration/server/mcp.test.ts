import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CleanupJson, KillReportJson, RunJson, WorkflowsJson } from '../../../src/core/run-json.ts';
import type { LogPartJson, RunPageJson, RunWithImpactJson } from '../../../src/server/answer-schemas.ts';
import { eventually } from '../../support/eventually.ts';
import { processesOf } from '../../support/run-processes.ts';
import { shell } from '../../support/temporary-repository.ts';
import { warden } from '../cli/warden.ts';
import { mcpClient } from './mcp-client.ts';

const hang = shell('echo begun; sleep 600');

describe('warden mcp', () => {
  test('offers the verbs as tools that say what they read, end and repeat', async () => {
    await using cli = await warden();
    await using mcp = await mcpClient(cli.repository);

    const { tools } = await mcp.client.listTools();

    const hints = Object.fromEntries(
      tools.map(({ name, annotations }) => [
        name,
        `${annotations?.readOnlyHint ? 'reads' : annotations?.destructiveHint ? 'ends' : 'begins'}${annotations?.idempotentHint ? '' : ' each time'}`,
      ]),
    );
    expect(hints).toEqual({
      list_workflows: 'reads',
      run_workflow: 'begins each time',
      get_workflow_status: 'reads',
      list_runs_by_time_range: 'reads',
      get_run_log: 'reads',
      kill_workflow: 'ends',
      restart_workflow: 'ends each time',
      force_complete_workflow: 'ends',
      cleanup_worktrees: 'ends',
    });
    for (const { inputSchema, outputSchema } of tools) {
      expect(inputSchema).toMatchObject({ type: 'object', additionalProperties: false });
      expect(outputSchema).toMatchObject({ type: 'object' });
    }
    expect(mcp.client.getInstructions()).toContain('list_workflows');
  });

  test('goes no further with a cleanup that the client has cancelled', async () => {
    await using cli = await warden();
    const mark = path.join(cli.repository.path, '..', 'mark');
    const teardown = shell(`touch ${mark}-begun; while [ ! -e ${mark} ]; do sleep 0.05; done`).command;
    await cli.repository.defineWorkflows({ quick: { ...shell('true'), teardown } });
    const paths = [await cli.finished('quick'), await cli.finished('quick')].map((run) => run.worktree_path ?? '');
    {
      await using mcp = await mcpClient(cli.repository);
      const cancelling = new AbortController();
      const given = { name: 'cleanup_worktrees', arguments: { dry_run: false, max_age_hours: 0 } };
      const called = mcp.client.callTool(given, CallToolResultSchema, { signal: cancelling.signal });
      called.catch(() => undefined);
      await eventually(() => existsSync(`${mark}-begun`));
      cancelling.abort();
      await expect(called).rejects.toThrow();
      // Behind the cancellation, on the same connection.
      await mcp.call('list_workflows');
      await writeFile(mark, '');
      await eventually(() => paths.filter((one) => existsSync(one)).length === 1);
    }
    expect(paths.filter((one) => existsSync(one))).toHaveLength(1);
  });

  test('starts a run, tells of it, kills it, and says again how it was killed', async () => {
    await using cli = await warden();
    await cli.repository.defineWorkflows({ hang: { ...hang, description: 'Waits' }, quick: shell('exit 3') });
    await using mcp = await mcpClient(cli.repository);

    const { document: defined, text } = await mcp.call<WorkflowsJson>('list_workflows');
    expect(defined.workflows).toMatchObject([{ name: 'hang', description: 'Waits' }, { name: 'quick' }]);
    expect(text).toBe('Workflows: hang, quick');

    const started = await mcp.call<RunJson>('run_workflow', { workflow_name: 'hang', message: 'go' });
    const { run_id } = started.document;
    expect(started.document).toMatchObject({ status: 'running', message: 'go', worktree_path: expect.any(String) });
    expect(started.text).toBe(`${run_id} (hang) running`);

    await eventually(async () => (await mcp.call<RunJson>('get_workflow_status', { run_id })).document.last_line);
    const seen = await mcp.call<RunWithImpactJson>('get_workflow_status', { run_id, with_impact: true });
    expect(seen.document).toMatchObject({
      run_id,
      status: 'running',
      last_line: 'begun',
      impact: { dirty_files: { tracked: 0, untracked: 0 }, unknown: [] },
    });

    const killed = await mcp.call<KillReportJson>('kill_workflow', { run_id, reason: 'enough' });
    expect(killed.document).toMatchObject({ success: true, run_id, kill_method: 'graceful', survivors: [] });
    expect(killed.text).toMatch(/^run_\w+: Workflow hang gracefully terminated in /);
    expect(processesOf(run_id)).toEqual([]);

    const again = await mcp.call<KillReportJson>('kill_workflow', { run_id });
    expect(again).toEqual(killed);
    const { document: after } = await mcp.call<RunJson>('get_workflow_status', { run_id });
    expect(after).toMatchObject({ status: 'terminated', reason: expect.stringContaining('enough') });
    const audit = await cli.json<{ entries: { run_id: string; action: string; face: string }[] }>('audit');
    expect(audit.document.entries).toContainEqual(expect.objectContaining({ run_id, action: 'kill', face: 'mcp' }));
  });

  test('says of what is over or unknown that it is, and what to do', async () => {
    await using cli = await warden();
    await cli.repository.defineWorkflows({ quick: shell('exit 3') });
    const { run_id } = await cli.finished('quick');
    await using mcp = await mcpClient(cli.repository);

    const finished = await mcp.call('kill_workflow', { run_id });
    expect(finished).toMatchObject({ isError: true, error: { code: 'run_is_over', details: { status: 'failed' } } });
    expect(finished.text).toContain('failed');

    const nearly = run_id.slice(0, -1);
    expect(await mcp.call('kill_workflow', { run_id: nearly })).toMatchObject({
      isError: true,
      text: `There is no run "${nearly}". Did you mean ${run_id}?`,
      error: { code: 'unknown_run', details: { nearest: [run_id] } },
    });
    expect(await mcp.call('run_workflow', { workflow_name: 'quik' })).toMatchObject({
      isError: true,
      text: 'There is no workflow "quik". Did you mean quick?',
    });
    expect(await mcp.call('run_workflow', { workflow_name: 'quick', base: 'nowhere' })).toMatchObject({
      isError: true,
      error: { code: 'base_not_found' },
    });
  });

  test('restarts a run, and declares one over', async () => {
    await using cli = await warden();
    await cli.repository.defineWorkflows({ hang });
    await using mcp = await mcpClient(cli.repository);
    const { document: first } = await mcp.call<RunJson>('run_workflow', { workflow_name: 'hang' });

    const { document: second } = await mcp.call<RunJson>('restart_workflow', { run_id: first.run_id });
    expect(second).toMatchObject({ status: 'running', restarted_from: first.run_id });
    expect(processesOf(first.run_id)).toEqual([]);

    const { run_id } = second;
    const over = await mcp.call<RunJson>('force_complete_workflow', { run_id, reason: 'it was done' });
    expect(over.document).toMatchObject({ run_id, status: 'completed' });
    expect(over.text).toContain('it was done');
    expect(processesOf(run_id)).toEqual([]);
  });

  test('lists runs of a span of time, whatever the offset in which it is told, in pages', async () => {
    await using cli = await warden();
    await cli.repository.defineWorkflows({ greet: shell('true') });
    const first = await cli.finished('greet');
    const second = await cli.finished('greet');
    await using mcp = await mcpClient(cli.repository);
    const list = async (given: Record<string, unknown>) => {
      const { document } = await mcp.call<RunPageJson>('list_runs_by_time_range', given);
      return document.runs.map(({ run_id }) => run_id);
    };
    const at = (iso: string, hours: number): string => {
      const local = new Date(Date.parse(iso) + hours * 3_600_000).toISOString().slice(0, -1);
      return `${local}${hours < 0 ? '-' : '+'}${String(Math.abs(hours)).padStart(2, '0')}:00`;
    };

    for (const hours of [-8, 0, 9]) {
      expect(await list({ created_after: at(second.created_at, hours) })).toEqual([second.run_id]);
      expect(await list({ created_before: at(second.created_at, hours) })).toEqual([first.run_id]);
    }
    expect(await list({ created_after: '2001-01-01T00:00:00Z', created_before: '2001-01-02T00:00:00Z' })).toEqual([]);
    expect(await list({ status: ['failed'] })).toEqual([]);
    const page = await mcp.call<RunPageJson>('list_runs_by_time_range', { limit: 1 });
    expect(page.text).toMatch(/^One run, and there are more: run_\w+ \(greet\) completed/);
    expect(await list({ limit: 1, cursor: page.document.next_cursor })).toEqual([first.run_id]);
  });

  test('reads the end of a log or a part of it, without cutting characters or passing on what a terminal obeys', async () => {
    await using cli = await warden();
    await cli.repository.defineWorkflows({ talk: shell(String.raw`printf '\033[31mäöü\033[0m\nübermäßig\n'`) });
    const { run_id } = await cli.finished('talk');
    await using mcp = await mcpClient(cli.repository);

    const all = await mcp.call<LogPartJson>('get_run_log', { run_id });
    const total = Buffer.byteLength('\u001B[31mäöü\u001B[0m\nübermäßig\n');
    expect(all.document).toMatchObject({ offset: 0, next_offset: total, total_bytes: total, status: 'completed' });
    expect(all.document.output).toBe('\u001B[31mäöü\u001B[0m\nübermäßig\n');
    expect(all.text).toBe(`${run_id} (talk) completed: bytes 0 to ${total} of ${total} of its output`);
    expect(all.lines).toBe('äöü\nübermäßig\n');

    let read = '';
    for (let offset = 0; offset < total;) {
      const { document } = await mcp.call<LogPartJson>('get_run_log', { run_id, offset, limit: 16 });
      read += document.output;
      offset = document.next_offset;
    }
    expect(read).toBe(all.document.output);
    const { document: tail } = await mcp.call<LogPartJson>('get_run_log', { run_id, limit: 16 });
    expect(all.document.output.endsWith(tail.output)).toBe(true);
    expect(tail.next_offset).toBe(total);
    expect((await mcp.call<LogPartJson>('get_run_log', { run_id, log: 'setup' })).document.output).toBe('');
    // Behind its end there is nothing, however far behind.
    const beyond = await mcp.call<LogPartJson>('get_run_log', { run_id, offset: 9_999 });
    expect(beyond.document).toMatchObject({ output: '', total_bytes: total });
  });

  test('removes worktrees only where it is told that this is no dry run', async () => {
    await using cli = await warden();
    await cli.repository.defineWorkflows({ greet: shell('true') });
    const { run_id, worktree_path } = await cli.finished('greet');
    await using mcp = await mcpClient(cli.repository);

    const plan = await mcp.call<CleanupJson>('cleanup_worktrees', { max_age_hours: 0 });
    expect(plan.document).toMatchObject({ dry_run: true, removed: [{ run_id, path: worktree_path }], kept: [] });
    expect(plan.text).toBe('Would remove 1 worktree and keep 0.');
    expect(existsSync(worktree_path ?? '')).toBe(true);

    const other = await mcp.call<CleanupJson>('cleanup_worktrees', { max_age_hours: 0, dry_run: false, only: ['/x'] });
    expect(other.document.removed).toEqual([]);
    const done = await mcp.call<CleanupJson>('cleanup_worktrees', { max_age_hours: 0, dry_run: false });
    expect(done.document).toMatchObject({ dry_run: false, removed: [{ run_id }] });
    expect(existsSync(worktree_path ?? '')).toBe(false);
  });

  test('answers bad arguments with a tool error that says what is expected, and lives on', async () => {
    await using cli = await warden();
    await cli.repository.defineWorkflows({ greet: shell('true') });
    await using mcp = await mcpClient(cli.repository);
    const bad: readonly (readonly [tool: string, given: Record<string, unknown>, words: RegExp])[] = [
      ['kill_workflow', {}, /not valid for run_id/],
      ['kill_workflow', { run_id: 7 }, /"7" is not valid for run_id\. Expected: .*string/],
      ['kill_workflow', { run_id: 'run_0123456789ab', forse: true }, /did you mean force\?/],
      ['kill_workflow', { run_id: 'x'.repeat(1_000_000) }, /not valid for run_id/],
      ['kill_workflow', { run_id: '../../etc/passwd' }, /There is no run/],
      ['kill_workflow', { run_id: '\u001B]0;title\u0007run' }, /^There is no run "[^\p{C}]*"/u],
      ['run_workflow', { workflow_name: 'greet', message: 'a\0b' }, /NUL/],
      ['run_workflow', { workflow_name: 'greet', repository: 'relative' }, /absolute/],
      ['run_workflow', { workflow_name: 'greet', repository: '/' }, /not in a git repository/],
      ['run_workflow', { workflow_name: '__proto__' }, /no workflow/],
      ['run_workflow', { workflow: 'greet' }, /only workflow_name/],
      ['restart_workflow', { run_id: 'run_0123456789ab', resume: true, checkpoint: 1 }, /only one/],
      ['force_complete_workflow', { run_id: 'run_0123456789ab', as: 'killed' }, /completed/],
      ['list_runs_by_time_range', { created_after: '2025-06-16T13:33:06' }, /with an offset/],
      ['list_runs_by_time_range', { created_after: 'yesterday' }, /with an offset/],
      ['list_runs_by_time_range', { cursor: 'from elsewhere' }, /cursor/],
      ['list_runs_by_time_range', { limit: 1e9 }, /limit/],
      ['get_run_log', { run_id: 'run_0123456789ab', offset: -1 }, /offset/],
      ['cleanup_worktrees', { dry_run: 'no' }, /dry_run/],
      ['kill_workflw', {}, /kill_workflow/],
    ];
    for (const [tool, given, words] of bad) {
      const answer = await mcp.call(tool, given);
      expect(answer, JSON.stringify([tool, given]).slice(0, 100)).toMatchObject({ isError: true, document: undefined });
      expect(answer.text).toMatch(words);
      expect(answer.text.length).toBeLessThan(600);
    }
    expect((await mcp.call('list_workflows')).isError).toBe(false);
    expect(existsSync(`${cli.repository.path}.worktrees`)).toBe(false);
  });

  test('writes nothing but the protocol, overlooks what is none, and ends with its client once it has answered', async () => {
    await using cli = await warden();
    await cli.repository.defineWorkflows({ greet: shell('true') });
    const request = (id: number, method: string, params: object): string =>
      JSON.stringify({ jsonrpc: '2.0', id, method, params });
    const lines = [
      request(1, 'initialize', {
        protocolVersion: '2025-06-18',
        capabilities: {},
        clientInfo: { name: 't', version: '1' },
      }),
      'this is no JSON',
      '{"jsonrpc":"2.0"}',
      request(2, 'tools/call', { name: 'list_workflows', arguments: {} }),
    ];

    const { exitCode, output, errors } = await cli.start(['mcp'], { input: `${lines.join('\n')}\n` }).ended;

    const answers = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: number; result: object });
    expect(answers.map(({ id }) => id)).toEqual([1, 2]);
    expect(answers[1]?.result).toMatchObject({ structuredContent: { workflows: [{ name: 'greet' }] } });
    expect(exitCode).toBe(0);
    expect(errors).toContain('reading a message of the client');
  });

  test('names the run in which it was started as the one that started others', async () => {
    await using cli = await warden();
    await cli.repository.defineWorkflows({ greet: shell('true') });
    const parent = 'run_0123456789ab';
    await using mcp = await mcpClient(cli.repository, { WARDEN_RUN_ID: parent });

    const { document } = await mcp.call<RunJson>('run_workflow', { workflow_name: 'greet' });

    expect(document.parent_run_id).toBe(parent);
  });

  test('ends at once when it is told to', async () => {
    await using cli = await warden();
    await using mcp = await mcpClient(cli.repository);
    process.kill(mcp.pid, 'SIGTERM');

    await eventually(() => !existsSync(`/proc/${mcp.pid}`));
    expect(mcp.errors()).toBe('');
  });
});
