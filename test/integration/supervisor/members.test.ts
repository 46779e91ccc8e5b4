import Database from 'better-sqlite3';
import path from 'node:path';
import { expect, test } from 'vitest';
import { shell, temporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor } from '../../support/test-supervisor.ts';

test('of a run that starts one process after another only those are remembered who can still be met', async () => {
  await using repository = await temporaryRepository();
  // Each of them lives until the next one is there, so that every look meets one more.
  const line = 'while :; do sleep 0.02 & wait; done';
  await repository.defineWorkflows({ worker: shell(line) });
  await using scope = await testSupervisor(repository);
  const { supervisor } = scope;
  const { runId } = await supervisor.run({ workflowName: 'worker', directory: repository.path, message: '' });
  const database = new Database(path.join(repository.stateFolder, 'warden.db'), { readonly: true });
  try {
    const count = database.prepare('SELECT count(*) FROM seen_processes WHERE run_id = ?').pluck();
    let [most, now] = [0, 0];
    while (most <= 100 || now >= 20) {
      await supervisor.reconcile();
      now = Number(count.get(runId));
      most = Math.max(most, now);
    }
    expect(most).toBeLessThan(130);
  } finally {
    database.close();
  }
});
