import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { KillReportJson, RunJson } from '../../../src/core/run-json.ts';
import { lacking } from '../../chaos/stage/needs.ts';
import { eventually } from '../../support/eventually.ts';
import { processesOf } from '../../support/run-processes.ts';
import { shell } from '../../support/temporary-repository.ts';
import { entry, type Warden, warden } from './warden.ts';

/** Processes in it have numbers of their own, and see nobody outside, as in the sandboxes of agents and in containers. */
const sandbox = ['unshare', '-Urpf', '--mount-proc', '--kill-child'] as const;

const lack = process.platform === 'linux' ? await lacking('unshare') : 'NOT TESTED HERE: no pid namespaces';

interface Inside {
  readonly exitCode: number | null;
  readonly document: unknown;
}

/** The command line in a sandbox of its own. */
async function inside(cli: Warden, ...parameters: string[]): Promise<Inside> {
  const child = startInside(cli, process.execPath, entry, ...parameters, '--json');
  let output = '';
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, document: JSON.parse(output) as unknown };
}

/** Ends with the program, as a container does. */
function startInside({ repository }: Warden, ...program: string[]): ChildProcessByStdio<null, Readable, null> {
  const [unshare, ...options] = sandbox;
  return spawn(unshare, [...options, ...program], {
    cwd: repository.path,
    env: { ...process.env, WARDEN_STATE_DIR: repository.stateFolder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

const statusOf = async (cli: Warden, runId: string): Promise<string> =>
  (await cli.json<RunJson>('status', runId)).document.status;

describe.skipIf(lack !== null)('who looks out of a sandbox', () => {
  test('takes no run outside for gone, and says that it cannot be killed from there', async () => {
    await using cli = await warden();
    await cli.repository.defineWorkflows({ main: shell('sleep 600') });
    const { run_id: runId } = (await cli.json<RunJson>('run', 'main')).document;

    const listed = (await inside(cli, 'list')).document as { runs: RunJson[] };
    expect(listed.runs.map(({ status }) => status)).toEqual(['running']);
    for (const verb of ['kill', 'complete', 'restart'])
      expect(await inside(cli, verb, runId)).toMatchObject({
        exitCode: 4,
        document: { error: { code: 'out_of_sight' } },
      });
    expect((await inside(cli, 'doctor', '--repair', '--yes')).document).not.toMatchObject({
      findings: [{ code: 'lost_run' }],
    });

    expect(await statusOf(cli, runId)).toBe('running');
    expect(processesOf(runId)).not.toEqual([]);
    const { document } = await cli.json<{ entries: { action: string; outcome: string }[] }>('audit', '--run', runId);
    const refused = document.entries.filter(({ outcome }) => outcome === 'refused').map(({ action }) => action);
    expect(refused.toSorted()).toEqual(['complete', 'kill', 'kill']);
  });

  test('starts runs that are seen, killed and known to be gone from outside', async () => {
    await using cli = await warden();
    const run = `${process.execPath} ${entry} run`;
    await cli.repository.defineWorkflows({
      main: { command: [...sandbox, 'sh', '-c', `${run} child & ${run} other & wait; sleep 600`] },
      child: shell('trap "exit 7" TERM; while :; do sleep 0.1; done'),
      other: shell('sleep 600'),
    });
    const main = (await cli.json<RunJson>('run', 'main')).document;
    const [child, other] = await eventually(async () => {
      const { runs } = (await cli.json<{ runs: RunJson[] }>('list', '--status', 'running')).document;
      const begun = ['child', 'other'].flatMap((name) => runs.filter(({ workflow_name: one }) => one === name));
      return begun.length === 2 ? begun.map(({ run_id: runId }) => runId) : null;
    }, 30_000);

    const { document: report } = await cli.json<KillReportJson>('kill', child!);
    expect(report).toMatchObject({ success: true, kill_method: 'graceful', survivors: [] });
    expect((await cli.json<RunJson>('status', child!)).document).toMatchObject({ status: 'terminated', exit_code: 7 });
    expect(processesOf(child!)).toEqual([]);
    expect(await statusOf(cli, other!)).toBe('running');

    // Whoever is in a sandbox ends with it.
    expect((await cli.json<KillReportJson>('kill', main.run_id, '--force')).document.success).toBe(true);
    await eventually(() => processesOf(other!).length === 0);
    expect(await statusOf(cli, other!)).toBe('failed');
  });

  test('takes a run of another container for alive while that one is, and for lost when it is gone', async () => {
    await using cli = await warden();
    await cli.repository.defineWorkflows({ main: shell('sleep 600') });
    const start = `${process.execPath} ${entry} run main >/dev/null; sleep 600`;
    const container = startInside(cli, 'sh', '-c', start);
    const statuses = async (): Promise<readonly string[]> =>
      ((await inside(cli, 'list')).document as { runs: RunJson[] }).runs.map(({ status }) => status);
    try {
      const runId = await eventually(async () => {
        const { runs } = (await inside(cli, 'list')).document as { runs: RunJson[] };
        return runs.find(({ status }) => status === 'running')?.run_id ?? null;
      });
      expect(await inside(cli, 'kill', runId)).toMatchObject({ document: { error: { code: 'out_of_sight' } } });
    } finally {
      container.kill('SIGKILL');
    }
    await once(container, 'close');
    expect(await statuses()).toEqual(['failed']);
  });
});
