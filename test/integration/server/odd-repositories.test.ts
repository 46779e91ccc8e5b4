import { execa } from 'execa';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { shell, type TemporaryRepository, temporaryRepository } from '../../support/temporary-repository.ts';
import { runs, serving, type Serving } from './serving.ts';

let serves: Serving;
beforeAll(async () => {
  serves = await serving();
});
afterAll(async () => {
  expect(serves.failures).toEqual([]);
  await serves[Symbol.asyncDispose]();
});

const run = '/api/v1/workflows/worker/run';
const isRoot = process.getuid?.() === 0;

/** What is wrong with a repository, and what each of its verbs is answered with. */
type Case = readonly [what: string, spoil: (repository: TemporaryRepository) => Promise<unknown>, code: string];

const unreadable: readonly Case[] = [
  ['whose settings are broken', ({ path }) => writeFile(join(path, '.git/config'), '[core'), 'unusable_repository'],
  [
    'of a git that is not known yet',
    (repository) => repository.git('config', 'core.repositoryFormatVersion', '99'),
    'unusable_repository',
  ],
  [
    'whose files are nowhere',
    (repository) => repository.git('config', 'core.worktree', '/nowhere/at/all'),
    'unusable_repository',
  ],
  ['without a HEAD', ({ path }) => rm(join(path, '.git/HEAD')), 'not_a_repository'],
];

describe('a repository that its requester has to put right is told with 422, never with 5xx:', () => {
  test.for(unreadable)('one %s', async ([, spoil, code]) => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows({ worker: shell('true') });
    await spoil(repository);
    await expectRefused(repository.path, code);
  });

  test.skipIf(!isRoot)('one of another user, with the command by which git is told to trust it', async () => {
    await using repository = await temporaryRepository();
    await execa('chown', ['-R', '1', repository.path]);
    await expectRefused(repository.path, 'repository_of_another');
    const { document } = await serves.get(`/api/v1/worktrees?repository=${repository.path}`);
    expect(document.details).toEqual({
      path: repository.path,
      command: `git config --global --add safe.directory ${repository.path}`,
    });
  });

  test('a path that leads in a circle, is too long, or to a file', async () => {
    await using repository = await temporaryRepository();
    const loop = join(repository.path, 'loop');
    await symlink('loop', loop);
    await expectRefused(loop, 'unusable_repository');
    await expectRefused(`/${'x'.repeat(300)}`, 'unusable_repository');
    await expectRefused(join(repository.path, 'README.md'), 'not_a_repository');
  });

  test('one whose commits are damaged, or in whose place for worktrees something else is, when a run is to start', async () => {
    await using damaged = await temporaryRepository();
    await damaged.defineWorkflows({ worker: shell('true') });
    await rm(join(damaged.path, '.git/objects'), { recursive: true });
    await mkdir(join(damaged.path, '.git/objects'));
    expect(await serves.post(run, { repository: damaged.path })).toMatchObject({
      status: 422,
      document: { code: 'unusable_repository', detail: expect.stringContaining('bad object') },
    });
    await using taken = await temporaryRepository();
    await taken.defineWorkflows({ worker: shell('true') });
    await writeFile(`${taken.path}.worktrees`, '');
    expect(await serves.post(run, { repository: taken.path })).toMatchObject({
      status: 422,
      document: { code: 'launch_failed', details: { step: 'worktree' } },
    });
  });
});

test('a setup command that fails is not the fault of the machine', async () => {
  await using repository = await temporaryRepository();
  await repository.defineWorkflows({ worker: { ...shell('true'), setup: ['sh', '-c', 'exit 3'] } });
  expect(await serves.post(run, { repository: repository.path })).toMatchObject({
    status: 422,
    document: { code: 'launch_failed', details: { step: 'setup' } },
  });
});

test('definitions or a list of files that are a named pipe, or definitions that are very long, keep nobody waiting', async () => {
  await using repository = await temporaryRepository();
  const file = join(repository.path, '.vscode/workflows.json');
  await execa('mkfifo', [file]);
  // More than there are threads that could wait for it.
  const answers = await Promise.all(Array.from({ length: 8 }, () => serves.post(run, { repository: repository.path })));
  for (const answer of answers) expect(answer).toMatchObject({ status: 422, document: { code: 'invalid_workflows' } });
  await rm(file);
  await repository.defineWorkflows({ worker: shell('true') });
  await execa('mkfifo', [join(repository.path, '.worktreeinclude')]);
  expect(await serves.post(run, { repository: repository.path })).toMatchObject({
    status: 422,
    document: { details: { step: 'include', detail: expect.stringContaining('is not a file') } },
  });
  await writeFile(file, ' '.repeat(2_000_000));
  const { document } = await serves.get(`/api/v1/workflows?repository=${repository.path}`);
  expect(document).toMatchObject({ code: 'invalid_workflows', detail: expect.stringContaining('larger than 256 KB') });
});

async function expectRefused(path: string, code: string): Promise<void> {
  const query = `repository=${encodeURIComponent(path)}`;
  const answers = await Promise.all([
    serves.get(`/api/v1/workflows?${query}`),
    serves.get(`${runs}/runs?${query}`),
    serves.get(`/api/v1/worktrees?${query}`),
    serves.post('/api/v1/worktrees/cleanup', { repository: path }),
    serves.post('/api/v1/worktrees/cleanup', { repository: path, dry_run: false }),
    serves.post(run, { repository: path }),
  ]);
  for (const answer of answers) expect(answer).toMatchObject({ status: 422, document: { code } });
}
