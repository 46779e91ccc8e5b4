import { expect, test } from 'vitest';
import type { RunJson } from '../../../src/core/run-json.ts';
import { readStat } from '../../../src/processes/linux-stat.ts';
import { eventually } from '../../support/eventually.ts';
import { leaseNow } from '../../support/lease-now.ts';
import { shell } from '../../support/temporary-repository.ts';
import { withinRun } from '../../support/within-run.ts';
import { mcpClient } from '../server/mcp-client.ts';
import { mayStartWatch, type Warden, warden } from './warden.ts';

const started = async (cli: Warden, name: string, environment = mayStartWatch): Promise<RunJson> => {
  const { output } = await cli.start(['run', name, '--json'], { environment }).ended;
  return JSON.parse(output) as RunJson;
};

test('the limits of a run that is started where no window is open are kept, by a watch that ends with it', async () => {
  await using cli = await warden();
  await cli.repository.defineWorkflows({ late: { ...shell('sleep 600'), timeoutMinutes: 3 / 60 } });
  const { run_id } = await started(cli, 'late');
  const { pid, face } = await eventually(() => leaseNow(cli.repository.stateFolder));
  expect(face).toBe('watch');
  const { document } = await cli.json<RunJson>('wait', run_id);
  expect(document).toMatchObject({ status: 'terminated', reason: expect.stringContaining('; limit 3 s') });
  await eventually(() => readStat(pid)?.state !== 'alive');
});

test('a run that an agent starts by warden mcp is watched over too, also once that has ended', async () => {
  await using cli = await warden();
  await cli.repository.defineWorkflows({ hang: shell('sleep 600') });
  {
    await using mcp = await mcpClient(cli.repository, { WARDEN_NO_WATCH: '' });
    await mcp.call('run_workflow', { workflow_name: 'hang', message: '' });
  }
  const { pid, face } = await eventually(() => leaseNow(cli.repository.stateFolder));
  expect(face).toBe('watch');
  await cli.run('kill', '--all', '--yes', '--force');
  await eventually(() => readStat(pid)?.state !== 'alive');
});

test('a run starts no watch of its own beside the one that watches over it, nor does anybody who wants none', async () => {
  await using cli = await warden();
  await cli.repository.defineWorkflows({ hang: shell('sleep 600') });
  const parent = await started(cli, 'hang', { WARDEN_NO_WATCH: '1' });
  await started(cli, 'hang', { ...mayStartWatch, ...withinRun(parent.run_id) });
  expect((await cli.json<{ watcher: null }>('list')).document.watcher).toBeNull();
});
