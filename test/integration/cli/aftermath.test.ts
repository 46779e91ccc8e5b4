import { expect, test } from 'vitest';
import type { KillReportJson, RunJson } from '../../../src/core/run-json.ts';
import { eventually } from '../../support/eventually.ts';
import { shell } from '../../support/temporary-repository.ts';
import { warden } from './warden.ts';

test('warden kill ends only when the work is in a checkpoint', async () => {
  await using cli = await warden();
  await cli.repository.defineWorkflows({ worker: shell('echo x > untracked; echo begun; sleep 600') });
  const { document: run } = await cli.json<RunJson>('run', 'worker');
  await eventually(async () => (await cli.run('logs', run.run_id)).output.includes('begun'));

  const { exitCode, document } = await cli.json<KillReportJson>('kill', run.run_id);

  expect(exitCode).toBe(0);
  expect(document.aftermath).toMatchObject({ repository: { state: 'usable', detail: null }, ports: [] });
  expect(await cli.repository.git('show', `refs/warden/checkpoints/${run.run_id}/1:untracked`)).toBe('x');
});
