import { expect, test } from 'vitest';
import type { RunJson } from '../../../src/core/run-json.ts';
import { shell } from '../../support/temporary-repository.ts';
import { warden } from './warden.ts';

test('warden status shows the attempts of a run as one history, and what became of its retries', async () => {
  await using cli = await warden();
  await cli.repository.defineWorkflows({ bad: { ...shell('exit 3'), retry: { attempts: 2, backoffSeconds: 3_600 } } });
  const first = await cli.finished('bad');
  expect((await cli.json('status', first.run_id)).document).toMatchObject({
    attempt: 1,
    replaced_by: null,
    retry: { attempt: 1, of: 3, next_at: new Date(Date.parse(first.ended_at ?? '') + 3_600_000).toISOString() },
  });
  const listed = await cli.run('list');
  expect(listed.output).toMatch(/ started again at \d{4}-.*Z$/m);
  expect(listed.output).toContain('Watched by nobody: no limit is kept, and nothing is started again.');
  expect((await cli.run('status', first.run_id)).output).toMatch(/^watched by +nobody: /m);
  const { document: second } = await cli.json<RunJson>('restart', first.run_id, '--reason', 'flaky', '--wait');
  const audited = await cli.json('audit', '--run', second.run_id, '--action', 'launch');
  expect(audited.document).toMatchObject({ entries: [{ outcome: 'asked', why: 'flaky' }, { outcome: 'done' }] });
  expect((await cli.json('status', first.run_id)).document).toMatchObject({
    replaced_by: second.run_id,
    retry: { next_at: null, stopped: null },
  });
  const { output } = await cli.run('status', second.run_id);
  expect(output).toMatch(new RegExp(`^history +${first.run_id} \\(bad\\) failed: .*exit code 3$`, 'm'));
  expect(output).toMatch(new RegExp(`^ +${second.run_id} \\(this one\\)$`, 'm'));
  expect(output).toMatch(/^retry +attempt 1 of 3; started again at /m);
});
