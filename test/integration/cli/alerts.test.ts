import { expect, test } from 'vitest';
import type { AlertJson } from '../../../src/core/run-json.ts';
import { claimant } from '../../support/claimant.ts';
import { shell } from '../../support/temporary-repository.ts';
import { warden } from './warden.ts';

test.skipIf(process.platform !== 'linux')('warden list tells of a process that outlives its run', async () => {
  await using cli = await warden();
  await cli.repository.defineWorkflows({ quick: shell('exit 0') });
  const { run_id } = await cli.finished('quick');
  const listed = async () => (await cli.json<{ alerts: readonly AlertJson[] }>('list')).document.alerts;
  expect(await listed()).toEqual([]);
  expect((await cli.run('list')).errors).toBe('');

  await using orphan = await claimant(cli.repository, run_id);

  const message = `one process outlives its run: pid ${orphan.pid} (sleep) of ${run_id}`;
  expect(await listed()).toEqual([
    { code: 'orphans', level: 'critical', message, details: { orphans: [{ run_id, pid: orphan.pid, name: 'sleep' }] } },
  ]);
  expect(await cli.run('list')).toMatchObject({ exitCode: 0, errors: `warden: critical: ${message}\n` });
});
