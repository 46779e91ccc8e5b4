import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RunJson } from '../../../src/core/run-json.ts';
import { processesOf } from '../../support/run-processes.ts';
import { shell } from '../../support/temporary-repository.ts';
import { withinRun } from '../../support/within-run.ts';
import { type Warden, warden } from './warden.ts';

const hang = shell('sleep 600');

const started = async (cli: Warden): Promise<string> => (await cli.json<RunJson>('run', 'hang')).document.run_id;

interface Asked {
  readonly request: { readonly id: number; readonly state: string };
}

describe('within a run', () => {
  test('a command acts as the run: it is refused what that may not do, and may ask a person', async () => {
    await using cli = await warden();
    await cli.repository.defineWorkflows({ hang });
    const run = await started(cli);
    const environment = withinRun(run);
    const inRun = async (...parameters: string[]) => {
      const { exitCode, output } = await cli.start([...parameters, '--json'], { environment }).ended;
      return { exitCode, document: JSON.parse(output) as unknown };
    };

    expect(await inRun('kill', run)).toMatchObject({
      exitCode: 4,
      document: { error: { code: 'not_permitted', message: expect.stringContaining(`warden kill ${run} --ask`) } },
    });
    expect(await inRun('cleanup', '--yes', '--reason', 'the disk')).toMatchObject({ exitCode: 4 });
    const refused = (await cli.json('audit', '--action', 'cleanup')).document;
    expect(refused).toMatchObject({ entries: [{ outcome: 'refused', why: 'the disk', facts: { by_run: run } }] });
    expect(await inRun('key', 'create', '--role', 'admin', '--name', 'me')).toMatchObject({ exitCode: 4 });

    const asked = await inRun('kill', run, '--ask', '--reason', 'nothing left to do');
    const { request } = asked.document as Asked;
    expect(asked).toMatchObject({ exitCode: 0, document: { request: { run_id: run, asked_by: run, state: 'open' } } });
    // Whoever asks again gets the same.
    expect((await inRun('kill', run, '--ask')).document).toMatchObject({ request: { id: request.id } });
    expect(await inRun('requests', 'approve', String(request.id))).toMatchObject({ exitCode: 4 });
    expect(processesOf(run)).not.toEqual([]);

    const { output } = await cli.run('requests');
    expect(output).toBe(`${request.id}  ${run} asks to kill itself: nothing left to do\n`);
    expect((await cli.json('requests', 'approve', String(request.id))).document).toMatchObject({
      request: { state: 'approved' },
      report: { success: true, run_id: run },
    });
    expect(processesOf(run)).toEqual([]);
    expect(await cli.run('requests', 'deny', String(request.id))).toMatchObject({ exitCode: 4 });
    const { document } = await cli.json('audit');
    expect(JSON.stringify(document)).toContain(`"asked_by_run":"${run}"`);

    // Its token ended with it.
    expect(await inRun('run', 'hang')).toMatchObject({
      exitCode: 4,
      document: { error: { details: { refusal: 'not_proved' } } },
    });
  });

  test('what is asked for is denied, or comes too late', async () => {
    await using cli = await warden();
    await cli.repository.defineWorkflows({ hang });
    const [run, other] = [await started(cli), await started(cli)];
    const environment = withinRun(run);
    const ask = async (what: string): Promise<string> => {
      const { output } = await cli.start(['kill', what, '--ask', '--json'], { environment }).ended;
      return String((JSON.parse(output) as Asked).request.id);
    };

    const denied = await ask(other);
    expect((await cli.json('requests', 'deny', denied)).document).toMatchObject({ report: null });
    expect(processesOf(other)).not.toEqual([]);

    const late = await ask(other);
    await cli.run('kill', other);
    expect(await cli.run('requests', 'approve', late)).toMatchObject({ exitCode: 4 });
    expect((await cli.json('requests')).document).toMatchObject({
      requests: [
        { id: Number(late), state: 'expired', answered_by: null },
        { id: Number(denied), state: 'denied' },
      ],
    });
    expect(await cli.run('requests', 'approve', '99')).toMatchObject({ exitCode: 3 });
  });

  test('nobody is a run who does not show its token, and the token is written nowhere', async () => {
    await using cli = await warden();
    await cli.repository.defineWorkflows({ hang });
    const run = await started(cli);
    const { WARDEN_RUN_TOKEN: token } = withinRun(run);
    for (const wrong of ['', 'x', `${token.slice(0, -1)}-`]) {
      const environment = { WARDEN_RUN_ID: run, WARDEN_RUN_TOKEN: wrong };
      expect((await cli.start(['run', 'hang'], { environment }).ended).exitCode).toBe(4);
      expect((await cli.start(['status', run], { environment }).ended).exitCode).toBe(0);
    }
    const { stateFolder } = cli.repository;
    for (const name of readdirSync(stateFolder, { recursive: true, encoding: 'utf8' })) {
      const file = path.join(stateFolder, name);
      if (statSync(file).isFile()) expect(readFileSync(file, 'latin1').includes(token), name).toBe(false);
    }
    for (const pid of processesOf(run)) expect(readFileSync(`/proc/${pid}/cmdline`, 'latin1')).not.toContain(token);
  });
});

describe('a key', () => {
  test('is shown once, listed without its secret, and revoked', async () => {
    await using cli = await warden();
    const create = [
      'key',
      'create',
      '--role',
      'automation',
      '--name',
      'ci',
      '--verbs',
      'run,kill',
      '--workflows',
      'b*',
    ];
    const { document } = await cli.json<{ key: string; id: string }>(...create);
    expect(document).toMatchObject({ name: 'ci', role: 'automation', verbs: ['run', 'kill'], workflows: ['b*'] });
    expect(document.key).toMatch(/^warden_[0-9a-f]{12}_[\w-]{43}$/);

    const { output } = await cli.run('key', 'list', '--json');
    expect(JSON.parse(output)).toMatchObject({ keys: [{ id: document.id, last_used_at: null, revoked_at: null }] });
    const secret = document.key.split('_').slice(2).join('_');
    expect(output).not.toContain(secret);
    expect((await cli.run('audit', '--json')).output).not.toContain(secret);

    expect(await cli.run('key', 'revoke', document.id)).toMatchObject({ exitCode: 0 });
    expect(await cli.run('key', 'revoke', document.id)).toMatchObject({ exitCode: 3 });
  });
});
