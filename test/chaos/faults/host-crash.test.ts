import { existsSync, writeFileSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { lockReason } from '../../../src/core/removal.ts';
import type { Run } from '../../../src/core/run.ts';
import { isTerminal } from '../../../src/core/run-status.ts';
import type { Supervisor } from '../../../src/supervisor/supervisor.ts';
import { eventually } from '../../support/eventually.ts';
import { temporaryRepository, type TemporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor } from '../../support/test-supervisor.ts';
import type { Moment } from '../host/effects.ts';
import { type HostRequest, startHost } from '../host/host.ts';
import { type GitMoment, mortalGit, whens } from '../host/mortal-git.ts';
import { expectInvariants } from '../invariants.ts';
import { perl } from '../shapes/shape.ts';
import { Bystanders } from '../stage/bystanders.ts';
import { quickStages } from '../stage/quick-stages.ts';
import { keepChronicle } from '../stage/chronicle.ts';
import { isLong, randomFor, seed } from '../stage/form.ts';
import { Lifeline } from '../stage/lifeline.ts';

/** The short form tries so many moments of each verb; the long one all of them. */
const momentsOfShortForm = 3;

/** A command with a child that left, both deaf: nothing of it goes by itself when a host does. */
const command = perl(`$SIG{TERM} = 'IGNORE'; daemon { mark('daemon'); stay() }; mark('command'); stay();`);

const verbs = {
  run: (_: string, repository: TemporaryRepository): HostRequest => ({
    verb: 'run',
    options: { workflowName: 'stubborn', directory: repository.path, message: '' },
  }),
  kill: (runId: string): HostRequest => ({ verb: 'kill', runId, options: { force: true } }),
  restart: (runId: string): HostRequest => ({ verb: 'restart', runId }),
  'restart --resume': (runId: string): HostRequest => ({
    verb: 'restart',
    runId,
    options: { resume: 'worktree' },
  }),
} as const satisfies Record<string, (runId: string, repository: TemporaryRepository) => HostRequest>;

describe.skipIf(process.platform !== 'linux')(`kill -9 of the host, seed ${seed}`, () => {
  test.each(['run', 'kill', 'restart', 'restart --resume'] as const)(
    'before and after every write and signal of `%s`: whoever comes next finds everything, and two are never alive',
    { timeout: isLong ? 1_200_000 : 300_000 },
    async (verb) => {
      const effects = await perform(verb, undefined);
      expect(effects).toBeGreaterThan(0);
      const moments = Array.from({ length: effects! * 2 }, (_, index): Moment => ({
        call: 1 + (index >> 1),
        when: index % 2 === 0 ? 'before' : 'after',
      }));
      const tried = isLong
        ? moments
        : randomFor(verb)
            .sample(momentsOfShortForm, moments.length)
            .map((index) => moments[index]!);
      for (const moment of tried) {
        await perform(verb, moment).catch((cause: unknown) => {
          throw new Error(`died ${moment.when} effect ${moment.call} of ${effects} of ${verb}`, { cause });
        });
      }
    },
  );
});

describe.skipIf(process.platform !== 'linux')(`kill -9 of the host by a git of its own, seed ${seed}`, () => {
  test(
    'before, in the middle of and after each git of a launch: whoever comes next finishes off what is half-made',
    { timeout: isLong ? 1_200_000 : 300_000 },
    async () => {
      const calls = await launchUntil(undefined);
      expect(calls).toBeGreaterThan(3);
      const moments = Array.from({ length: calls * whens.length }, (_, index): GitMoment => ({
        call: 1 + Math.floor(index / whens.length),
        when: whens[index % whens.length]!,
      }));
      const tried = isLong
        ? moments
        : randomFor('git')
            .sample(momentsOfShortForm, moments.length)
            .map((index) => moments[index]!);
      for (const moment of tried) {
        await launchUntil(moment).catch((cause: unknown) => {
          throw new Error(`died ${moment.when} git ${moment.call} of ${calls}`, { cause });
        });
      }
    },
  );
});

/** Files take a while to be checked out, and the hook writes some after that. @returns how many gits there were */
async function launchUntil(dieAt: GitMoment | undefined): Promise<number> {
  await using repository = await temporaryRepository();
  const folder = path.dirname(repository.path);
  await using lifeline = await Lifeline.make(folder);
  await writeFile(path.join(repository.path, '.gitattributes'), '*.slow filter=slow\n');
  for (const name of ['a', 'b', 'c']) await writeFile(path.join(repository.path, `${name}.slow`), name);
  await repository.git('add', '.');
  await repository.git('commit', '--quiet', '-m', 'Slow');
  await repository.git('config', 'filter.slow.smudge', 'sleep 0.1; cat');
  const hook = path.join(repository.path, '.git/hooks/post-checkout');
  await writeFile(
    hook,
    '#!/bin/sh\nfor n in 1 2 3; do mkdir -p made-by-hook; echo > made-by-hook/$n; sleep 0.1; done\n',
  );
  await chmod(hook, 0o755);
  await repository.defineWorkflows({ stubborn: { command, env: { LIFELINE: lifeline.file }, kill: quickStages } });
  // The database is there before, so that its triggers are.
  await (await testSupervisor(repository))[Symbol.asyncDispose]();
  keepChronicle(repository.stateFolder);
  await using bystanders = await Bystanders.gather(folder, 'run_0123456789ab', repository.path);
  const git = await mortalGit(folder, dieAt);
  await using host = startHost(repository.stateFolder, verbs.run('', repository), { environment: git.environment });
  expect((await host.answer)?.error).toBeUndefined();

  await using after = await testSupervisor(repository);
  const { supervisor } = after;
  const runs = await settled(supervisor, lifeline);
  for (const { runId, status } of runs) if (status === 'running') await supervisor.kill(runId, { force: true });
  expect(lifeline.isHeld(), 'somebody is left').toBe(false);
  await expectInvariants({ repository, supervisor, bystanders, acknowledged: { runs: [], reports: [] } });
  return git.calls();
}

/** @returns how many effects it took; null when the host died of it */
async function perform(verb: keyof typeof verbs, dieAt: Moment | undefined): Promise<number | null> {
  await using repository = await temporaryRepository();
  const folder = path.dirname(repository.path);
  await using lifeline = await Lifeline.make(folder);
  await repository.defineWorkflows({ stubborn: { command, env: { LIFELINE: lifeline.file }, kill: quickStages } });
  await using before = await testSupervisor(repository);
  keepChronicle(repository.stateFolder);
  const acknowledged: Run[] = [];
  if (verb !== 'run') {
    acknowledged.push(
      await before.supervisor.run({ workflowName: 'stubborn', directory: repository.path, message: '' }),
    );
    await eventually(() => lifeline.marks().length === 2);
    writeFileSync(path.join(acknowledged[0]!.worktree!.path, 'work'), 'precious');
  }
  const old = acknowledged[0]?.runId ?? 'run_0123456789ab';
  await using bystanders = await Bystanders.gather(folder, old, repository.path);
  await using host = startHost(repository.stateFolder, { ...verbs[verb](old, repository), dieAt });
  const answer = await host.answer;
  expect(answer?.error).toBeUndefined();

  await using after = await testSupervisor(repository);
  const { supervisor } = after;
  const runs = await settled(supervisor, lifeline);
  expect(runs.filter(({ status }) => status === 'running').length, 'how many run').toBeLessThanOrEqual(1);
  if (verb !== 'run') await expectDecidedIsDone(supervisor, old);
  if (verb === 'restart --resume') await expectOneOwner(supervisor, repository);
  for (const { runId, status } of runs) if (status === 'running') await supervisor.kill(runId, { force: true });
  expect(lifeline.isHeld(), 'somebody is left').toBe(false);
  await expectInvariants({ repository, supervisor, bystanders, acknowledged: { runs: acknowledged, reports: [] } });
  return answer?.effects ?? null;
}

/** Each run is over, or runs and is seen to. */
function settled(supervisor: Supervisor, lifeline: Lifeline): Promise<readonly Run[]> {
  return eventually(async () => {
    await supervisor.reconcile();
    const runs = (await supervisor.list({})).runs.map(({ run }) => run);
    const isSettled = runs.every(({ status }) => isTerminal(status) || (status === 'running' && lifeline.isHeld()));
    return isSettled ? runs : null;
  }, 30_000);
}

/** A kill that was written down is carried out, whoever wrote it, and named after what it took, whoever did that. */
async function expectDecidedIsDone(supervisor: Supervisor, runId: string): Promise<void> {
  const { run } = await supervisor.status(runId);
  const asked = (await supervisor.audit({ runId: run.runId })).some(
    ({ action, outcome }) => action === 'kill' && outcome === 'asked',
  );
  expect(run.status).toBe(asked ? 'killed' : 'running');
}

/** The one worktree is there, with the work in it, and git's folder, its lock and the rows agree on whose it is. */
async function expectOneOwner(supervisor: Supervisor, repository: TemporaryRepository): Promise<void> {
  const worktrees = await supervisor.worktrees({ directory: repository.path });
  const owners = (await supervisor.list({})).runs.flatMap(({ run }) => (run.worktree === null ? [] : [run.runId]));
  expect(worktrees.map(({ worktree }) => worktree.runId)).toEqual(owners);
  const [{ worktree }] = worktrees as [(typeof worktrees)[number]];
  expect(worktree.lock?.reason).toBe(lockReason(worktree.runId));
  expect(existsSync(path.join(worktree.path, 'work'))).toBe(true);
}
