import { lstat, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { KillReportJson, RunJson } from '../../../src/core/run-json.ts';
import { eventually } from '../../support/eventually.ts';
import { shell } from '../../support/temporary-repository.ts';
import { type Outcome, warden, type Warden } from './warden.ts';

const names = 'output.log exit state journal audit-head run.json token-digest';

/** A command that waits for ever fails its test, and holds up no other. */
async function told(cli: Warden, ...parameters: string[]): Promise<Outcome> {
  const { child, ended } = cli.start(parameters);
  const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
  onTestFinished(() => clearTimeout(timer));
  return ended;
}

describe.skipIf(process.platform === 'win32')('a run that spoils its own folder', () => {
  test('by named pipes in the place of its files is seen and killed like any other, and holds up nobody', async () => {
    await using cli = await warden();
    const spoil = `cd "$WARDEN_RUN_DIR"; for file in ${names}; do rm -f $file; mkfifo $file; done; sleep 600`;
    await cli.repository.defineWorkflows({ hostile: shell(spoil) });
    const { document: run } = await cli.json<RunJson>('run', 'hostile');
    const last = path.join(cli.repository.stateFolder, 'runs', run.run_id, 'token-digest');
    await eventually(async () => (await lstat(last)).isFIFO());

    const [listed, status, logs, verified] = await Promise.all([
      told(cli, 'list', '--json'),
      told(cli, 'status', run.run_id, '--json'),
      told(cli, 'logs', run.run_id),
      told(cli, 'audit', 'verify'),
    ]);
    expect(JSON.parse(listed.output)).toMatchObject({ runs: [{ run_id: run.run_id, status: 'running' }] });
    expect(JSON.parse(status.output)).toMatchObject({ status: 'running', last_line: null });
    expect([logs.exitCode, verified.exitCode]).toEqual([0, 0]);
    const killed = await told(cli, 'kill', run.run_id, '--json');
    expect(JSON.parse(killed.output) as KillReportJson).toMatchObject({
      success: true,
      cleanup_status: { session_updated: true, audit_logged: true, process_terminated: true },
    });
  });

  test('by another path in the place of that of its temporary files loses nobody anything', async () => {
    await using cli = await warden();
    await cli.repository.defineWorkflows({ worker: shell('sleep 600') });
    const { document: run } = await cli.json<RunJson>('run', 'worker');
    const precious = path.join(cli.repository.path, '..', 'precious');
    await mkdir(precious);
    const record = path.join(cli.repository.stateFolder, 'runs', run.run_id, 'temporary-folder');
    const own = await readFile(record, 'utf8');
    await writeFile(record, precious);

    expect((await told(cli, 'kill', run.run_id)).exitCode).toBe(0);
    expect((await lstat(precious)).isDirectory()).toBe(true);
    await rm(own, { recursive: true });
  });
});
