import { symlink, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { RunJson } from '../../../src/core/run-json.ts';
import { eventually } from '../../support/eventually.ts';
import { shell } from '../../support/temporary-repository.ts';
import { entry, warden } from './warden.ts';

test('warden heartbeat from inside a run is seen at once, with what the run is doing', async () => {
  await using cli = await warden();
  const beat = `${process.execPath} ${entry} heartbeat --message`;
  await cli.repository.defineWorkflows({ agent: shell(`${beat} "$WARDEN_MESSAGE"; echo $?; sleep 600`) });
  const message = 'step 3 of 7 \u001B[31m\nand more';

  const { run_id } = (await cli.json<RunJson>('run', 'agent', '--message', message)).document;
  const run = await eventually(async () => {
    const { document } = await cli.json<RunJson>('status', run_id);
    return document.last_line === null ? null : document;
  });

  expect(run).toMatchObject({ last_line: '0', heartbeat: { message: 'step 3 of 7 [31m and more' } });
  expect(Date.parse(run.last_heartbeat!)).toBeGreaterThanOrEqual(Date.parse(run.heartbeat!.at));
  expect((await cli.run('status', run_id)).output).toMatch(/^heartbeat +\S+Z \(.* ago\): step 3 of 7 \[31m and more$/m);
  // Nothing but its exit code: it says nothing into the output of the run, nor into the audit log.
  expect((await cli.run('logs', run_id)).output).toBe('0\n');
  expect((await cli.run('audit')).output).not.toContain('heartbeat');
});

test('warden heartbeat replaces what stands in its place, whatever it leads to', async () => {
  await using cli = await warden();
  await cli.repository.defineWorkflows({ agent: shell('sleep 600') });
  const { run_id } = (await cli.json<RunJson>('run', 'agent')).document;
  const file = path.join(cli.repository.stateFolder, 'runs', run_id, 'heartbeat');
  const elsewhere = path.join(cli.repository.path, 'elsewhere');
  await writeFile(elsewhere, 'mine');
  await symlink(elsewhere, file);

  const environment = { WARDEN_RUN_ID: run_id };
  const { exitCode, output } = await cli.start(['heartbeat', '--json'], { environment }).ended;

  expect({ exitCode, heartbeat: (JSON.parse(output) as RunJson).heartbeat }).toMatchObject({
    exitCode: 0,
    heartbeat: { message: null },
  });
  expect(await readFile(elsewhere, 'utf8')).toBe('mine');
});

test('warden heartbeat of what is no running run is refused with the reason', async () => {
  await using cli = await warden();
  await cli.repository.defineWorkflows({ brief: shell('exit 0') });
  const { run_id } = await cli.finished('brief');
  const beat = (id: string) => cli.start(['heartbeat', '--message', 'x'], { environment: { WARDEN_RUN_ID: id } }).ended;

  expect(await beat(run_id)).toEqual({
    exitCode: 4,
    output: '',
    errors: `warden: ${run_id} is not running (completed).\n`,
  });
  for (const unknown of ['run_000000000000', '../../etc', 'run_1']) {
    expect(await beat(unknown)).toEqual({
      exitCode: 4,
      output: '',
      errors: `warden: WARDEN_RUN_ID is ${unknown}, and there is no such run.\n`,
    });
  }
  expect(await beat('')).toMatchObject({ exitCode: 4, errors: expect.stringContaining('This is not in a run') });
});
