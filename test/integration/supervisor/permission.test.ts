import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Principal, Standing } from '../../../src/core/permission.ts';
import type { Run } from '../../../src/core/run.ts';
import { eventually } from '../../support/eventually.ts';
import { processesOf } from '../../support/run-processes.ts';
import { shell, temporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor } from '../../support/test-supervisor.ts';

const as = (standing: Standing): Principal => ({ user: 'ci', face: 'http', ...standing });

const asRun = ({ runId }: Run, ...ancestors: readonly Run[]): Principal =>
  as({ role: 'run', runId, ancestors: ancestors.map((run) => run.runId), isProved: true });

describe('acting as somebody', () => {
  test('a run ends what it has started, and neither itself nor anybody else; each try is audited', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ hang: shell('sleep 600') });
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    const request = { workflowName: 'hang', directory: repository.path, message: '' };
    const parent = await supervisor.run(request);
    const other = await supervisor.run(request);
    const inRun = supervisor.actingAs(asRun(parent));
    // Whatever it says of itself.
    const child = await inRun.run({ ...request, parentRunId: other.runId });
    expect(child.parentRunId).toBe(parent.runId);
    const inChild = supervisor.actingAs(asRun(child, parent));

    await expect(inRun.kill('run_0123456789ab')).rejects.toMatchObject({ code: 'unknown_run' });
    const refused = { code: 'not_permitted', facts: { permission: 'kill', role: 'run', mayAsk: true } };
    await expect(inRun.kill(parent.runId)).rejects.toMatchObject({ ...refused, facts: { refusal: 'itself' } });
    await expect(inRun.kill(other.runId)).rejects.toMatchObject({ ...refused, facts: { refusal: 'not_descendant' } });
    await expect(inChild.kill(parent.runId, { force: true })).rejects.toMatchObject({ facts: { refusal: 'ancestor' } });
    await expect(inChild.restart(parent.runId)).rejects.toMatchObject({ code: 'not_permitted' });
    for (const run of [parent, other, child]) expect(processesOf(run.runId)).not.toEqual([]);
    expect(await inRun.kill(child.runId)).toMatchObject({ success: true });

    await expect(supervisor.restart('run_99')).rejects.toMatchObject({ code: 'unknown_run' });
    await expect(inRun.attemptsOf('run_99')).rejects.toMatchObject({ code: 'unknown_run' });
    const attempts = (await supervisor.audit({})).filter(({ runId }) => runId === null);
    expect(attempts).toMatchObject([
      { action: 'kill', outcome: 'refused', facts: { run: 'run_0123456789ab', by_run: parent.runId } },
      { action: 'restart', outcome: 'refused', facts: { refusal: 'unknown_run', run: 'run_99' } },
    ]);
    const tried = (await supervisor.audit({ runId: parent.runId })).filter(({ outcome }) => outcome === 'refused');
    expect(tried.map(({ action, facts }) => [action, facts])).toEqual([
      ['kill', { refusal: 'itself', by_role: 'run', by_run: parent.runId }],
      ['kill', { refusal: 'ancestor', by_role: 'run', by_run: child.runId }],
      ['restart', { refusal: 'ancestor', by_role: 'run', by_run: child.runId }],
    ]);
    expect(await supervisor.audit({ runId: child.runId })).toContainEqual(
      expect.objectContaining({
        action: 'kill',
        outcome: 'asked',
        actor: { user: 'ci', face: 'http' },
        facts: { force: false, by_role: 'run', by_run: parent.runId },
      }),
    );
  });

  test('it is told in this order: not known, not permitted, already over', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ brief: shell('exit 0') });
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    const { runId } = await supervisor.run({ workflowName: 'brief', directory: repository.path, message: '' });
    await supervisor.wait(runId);
    const robot = (...workflows: readonly string[]) =>
      supervisor.actingAs(as({ role: 'automation', may: ['kill'], workflows }));

    await expect(robot().kill('run_0123456789ab')).rejects.toMatchObject({ code: 'unknown_run' });
    await expect(robot('other').kill(runId)).rejects.toMatchObject({ code: 'not_permitted' });
    await expect(robot('b*').kill(runId)).rejects.toMatchObject({ code: 'run_is_over' });
  });

  test('a stranger sees how a run is, and nothing of what it is about', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ hang: { ...shell('echo secret-output; sleep 600'), ports: 2 } });
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    supervisor.startWatching(60_000);
    const request = { workflowName: 'hang', directory: repository.path, message: 'secret-message' };
    const { runId, baseCommit } = await supervisor.run(request);
    const stranger = supervisor.actingAs(as({ role: 'external' }));

    const seen = [await stranger.status(runId), ...(await stranger.list({})).runs, ...(await stranger.recent({}))];
    expect(seen).toHaveLength(3);
    for (const report of seen) {
      expect(report.run).toMatchObject({ runId, status: 'running' });
      expect(JSON.stringify(report)).not.toMatch(/secret|\/tmp\//);
      expect(report.run.ports).toBeNull();
      expect(JSON.stringify(report)).not.toContain(baseCommit);
      expect(report.withheld).toContain('message');
    }
    await eventually(() => supervisor.watcher());
    expect(await stranger.watcher()).toMatchObject({ face: 'cli', pid: null });
    await expect(stranger.logs(runId, 0, 10)).rejects.toMatchObject({ code: 'not_permitted' });
    await expect(stranger.attemptsOf(runId)).rejects.toMatchObject({ code: 'not_permitted' });
    expect(() => stranger.outputFileOf(runId)).toThrow(expect.objectContaining({ code: 'not_permitted' }));
    await expect(stranger.run(request)).rejects.toMatchObject({ code: 'not_permitted' });
  });
});

describe('a key', () => {
  test('says who acts, until it is revoked; a wrong one says nothing', async () => {
    await using repository = await temporaryRepository();
    await using scope = await testSupervisor(repository);
    const { supervisor } = scope;
    const { text, key } = await supervisor.createKey({ role: 'team_lead', name: 'eva', team: ['ana', 'ben'] });

    expect(await supervisor.principalOfKey(text, 'http')).toEqual({
      user: 'eva',
      face: 'http',
      role: 'team_lead',
      team: ['ana', 'ben'],
    });
    await supervisor.settled();
    expect((await supervisor.keys())[0]?.lastUsedAt).toEqual(expect.any(Number));
    const others = ['', 'x', text.slice(0, -1), `${text.slice(0, -4)}0000`, text.replace(key.id, '0123456789ab')];
    for (const wrong of others) expect(await supervisor.principalOfKey(wrong, 'http')).toBeNull();
    await supervisor.revokeKey(key.id);
    expect(await supervisor.principalOfKey(text, 'http')).toBeNull();
  });

  test('that is none is told by the audit log: why, how often and whose, never what was shown, and not each time', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ hang: shell('sleep 600') });
    const shown = [];
    {
      await using scope = await testSupervisor(repository);
      const { supervisor } = scope;
      const { text, key } = await supervisor.createKey({ role: 'admin', name: 'gone' });
      await supervisor.revokeKey(key.id);
      const { runId } = await supervisor.run({ workflowName: 'hang', directory: repository.path, message: '' });
      const wrong = `${text.slice(0, -4)}0000`;
      const token = `${runId}.not-its-token`;
      shown.push(text, wrong, 'not-its-token');
      const given = [null, text, token, ...Array.from({ length: 100 }, () => wrong), null];
      for (const key of given) expect(await supervisor.principalOfKey(key, 'http')).toBeNull();
      const first = await eventually(async () => {
        const entries = await supervisor.audit({ action: 'use_key' });
        return entries.length === 4 ? entries : null;
      });
      const facts = (refusal: string, times: number) => ({ refusal, times, since: expect.any(String) });
      expect(first).toMatchObject([
        { actor: { user: 'unknown', face: 'http' }, outcome: 'refused', facts: facts('no_key', 1) },
        { facts: { ...facts('revoked_key', 1), ids: [key.id] } },
        { facts: { ...facts('wrong_token', 1), ids: [runId] } },
        { facts: facts('wrong_key', 1) },
      ]);
    }
    await using later = await testSupervisor(repository);
    const entries = await later.supervisor.audit({ action: 'use_key' });
    expect(entries.slice(4).map(({ facts }) => [facts['refusal'], facts['times']])).toEqual(
      expect.arrayContaining([
        ['no_key', 1],
        ['wrong_key', 99],
      ]),
    );
    expect(entries).toHaveLength(6);
    expect((await later.supervisor.verifyAudit()).problems).toEqual([]);
    const file = await readFile(path.join(repository.stateFolder, 'audit.jsonl'), 'utf8');
    for (const secret of shown) expect(file).not.toContain(secret);
  });

  test('is made by nobody who may not: neither a run nor a team lead', async () => {
    await using repository = await temporaryRepository();
    await using scope = await testSupervisor(repository);
    const lead = scope.supervisor.actingAs(as({ role: 'team_lead', team: ['ana'] }));
    const request = { role: 'admin', name: 'me' };
    await expect(lead.createKey(request)).rejects.toMatchObject({ code: 'not_permitted' });
    const admin = scope.supervisor.actingAs(as({ role: 'admin' }));
    expect((await admin.createKey(request)).key.createdBy).toBe('ci');
  });
});
