import { chmod, stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { DoctorJson, RunJson } from '../../../src/core/run-json.ts';
import { eventually } from '../../support/eventually.ts';
import { shell } from '../../support/temporary-repository.ts';
import { warden } from './warden.ts';

describe.skipIf(process.platform !== 'linux').concurrent('warden doctor', () => {
  it('tells what is wrong and changes nothing, and repairs it when told to', async () => {
    await using test = await warden();
    await test.repository.defineWorkflows({ quick: shell('true') });
    const { run_id } = await test.finished('quick');
    const folder = `${test.repository.stateFolder}/runs/${run_id}`;
    await chmod(folder, 0o755);

    const dry = await test.json<DoctorJson>('doctor');
    expect(dry).toMatchObject({ exitCode: 1, document: { ok: false } });
    const open = { code: 'open_permissions', severity: 'warning', subject: folder, advice: null };
    expect(dry.document.findings).toContainEqual(expect.objectContaining({ ...open, repaired: null }));
    expect((await stat(folder)).mode & 0o777).toBe(0o755);

    expect(await test.run('doctor', '--repair')).toMatchObject({
      exitCode: 4,
      errors: expect.stringMatching(/would be repaired: say yes to it with --yes, or only look without --repair/),
    });
    expect((await stat(folder)).mode & 0o777).toBe(0o755);

    const repaired = await test.json<DoctorJson>('doctor', '--repair', '--yes');
    expect(repaired).toMatchObject({ exitCode: 0, document: { ok: true } });
    expect(repaired.document.findings).toContainEqual(expect.objectContaining({ ...open, repaired: true }));
    expect((await stat(folder)).mode & 0o777).toBe(0o700);

    const after = await test.run('doctor');
    expect(after).toMatchObject({ exitCode: 0 });
    expect(after.output).toMatch(/Nothing is wrong/);
  });

  it('ends what a drill has started before Ctrl+C ends it', async () => {
    await using test = await warden();
    const drill = test.start(['doctor', '--drill']);
    const runs = async (): Promise<readonly RunJson[]> =>
      (await test.json<{ runs: RunJson[] }>('list', '--all')).document.runs;
    await eventually(async () => (await runs()).length > 0);
    drill.child.kill('SIGINT');
    expect(await drill.ended).toMatchObject({ exitCode: 0, errors: expect.stringContaining('is ended first') });
    expect(await runs()).toMatchObject([{ workflow_name: 'drill', status: 'killed', worktree_path: null }]);
  });

  it('looks at the machine outside of a repository, and refuses a folder that is given and is in none', async () => {
    await using test = await warden();
    const outside = await test.start(['doctor', '--all', '--json'], { directory: '/' }).ended;
    expect(outside.exitCode).toBe(0);
    expect((await test.run('doctor', '--repo', '/')).exitCode).toBe(1);
  });
});
