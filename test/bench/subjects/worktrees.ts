import { randomBytes } from 'node:crypto';
import { access, constants, mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Repository, Worktrees } from '../../../src/core/ports/worktrees.ts';
import { runIdFrom } from '../../../src/core/run-id.ts';
import { branchFor, worktreePathFor } from '../../../src/core/worktree-names.ts';
import { openLocalExecutor } from '../../../src/processes/local-executor.ts';
import type { SupervisorInThread } from '../../../src/thread/supervisor-in-thread.ts';
import { gitWorktrees } from '../../../src/worktrees/git-worktrees.ts';
import { temporaryRepository, type TemporaryRepository } from '../../support/temporary-repository.ts';
import { openBenchThread } from '../bench-supervisor.ts';
import type { Comparison, Contender } from '../comparison.ts';
import type { Subject } from './subject.ts';

const files = 30_000;
const filesPerFolder = 100;

/** A worktree of a large repository is made and removed. */
export const worktrees: Subject = {
  open: async () => {
    const memory = await openStage('in memory', await memoryFolder());
    const disk = await openStage('on disk', tmpdir());
    return {
      comparisons: [making(memory), removing(memory), making(disk, 2)],
      [Symbol.asyncDispose]: async () => {
        await memory[Symbol.asyncDispose]();
        await disk[Symbol.asyncDispose]();
      },
    };
  },
};

interface Stage extends AsyncDisposable {
  /** For the titles. */
  readonly where: string;
  readonly directory: TemporaryRepository;
  readonly repository: Repository;
  readonly worktrees: Worktrees;
  readonly isOccupied: (folder: string) => Promise<boolean>;
  /** A supervisor as a window has it. It is opened when it is first asked for: its watch would look after the pool. */
  window(): Promise<SupervisorInThread>;
}

async function openStage(where: string, folder: string): Promise<Stage> {
  const directory = await temporaryRepository(folder);
  await fill(directory);
  await directory.defineWorkflows({ worker: { command: ['true'] } });
  const room = gitWorktrees();
  const executor = await openLocalExecutor();
  let window: Promise<SupervisorInThread> | null = null;
  const dispose = async (): Promise<void> => {
    await (await window)?.dispose();
    await room.settled();
    await directory[Symbol.asyncDispose]();
  };
  let disposed: Promise<void> | null = null;
  return {
    where,
    directory,
    repository: await room.repositoryOf(directory.path),
    worktrees: room,
    isOccupied: async (folder) => (await executor.occupantsOf(folder)).length > 0,
    window: () => (window ??= openBenchThread(directory)),
    [Symbol.asyncDispose]: () => (disposed ??= dispose()),
  };
}

/** Where that can be: what a disk does now and then is nobody's merit. */
async function memoryFolder(): Promise<string> {
  return access('/dev/shm', constants.W_OK).then(
    () => '/dev/shm',
    () => tmpdir(),
  );
}

async function fill(repository: TemporaryRepository): Promise<void> {
  for (let folder = 0; folder < files / filesPerFolder; folder += 1) {
    const place = path.join(repository.path, `part ${folder % 20}`, `folder ${folder}`);
    await mkdir(place, { recursive: true });
    const written = Array.from({ length: filesPerFolder }, (_, file) =>
      writeFile(path.join(place, `file ${file}.ts`), `export const value${folder}x${file} = 1;\n`.repeat(20)),
    );
    await Promise.all(written);
  }
  // What git packs at its leisure would be packed meanwhile.
  await repository.git('config', 'gc.auto', '0');
  await repository.git('add', '--all');
  await repository.git('commit', '--quiet', '--message', 'Many files');
  await repository.git('gc', '--quiet');
}

interface Made {
  readonly repository: Repository;
  readonly runId: ReturnType<typeof runIdFrom>;
  readonly path: string;
  readonly branch: string;
  readonly baseCommit: string;
  readonly signal: AbortSignal;
}

async function request({ directory, repository }: Stage): Promise<Made> {
  const runId = runIdFrom(randomBytes(6));
  return {
    repository,
    runId,
    path: worktreePathFor(directory.path, 'bench', runId),
    branch: branchFor('bench', runId),
    baseCommit: await directory.git('rev-parse', 'HEAD'),
    signal: new AbortController().signal,
  };
}

/** Until the worktree is at its place, with all files, on its branch. */
function making(stage: Stage, rounds = 5): Comparison {
  const { worktrees: room, repository, directory, isOccupied } = stage;
  const ours = (name: string, pool: number, make: (made: Made) => Promise<void>): Contender => ({
    name,
    prepare: async () => {
      await tend(stage, pool);
      const made = await request(stage);
      const finish = async (): Promise<null> => {
        await room.undo(repository, made);
        await tend(stage, 0);
        return null;
      };
      return { run: () => make(made), finish };
    },
  });
  const handOut = async (made: Made): Promise<void> => {
    const handedOut = await room.handOut({ ...made, isOccupied });
    if (handedOut === null) throw new Error('there was no prepared worktree');
    if (handedOut.mayHaveHook) await room.afterCheckout(made);
  };
  const git: Contender = {
    name: 'git worktree add',
    prepare: async () => {
      const { path: place, branch } = await request(stage);
      return {
        run: async () => void (await directory.git('worktree', 'add', '--quiet', '-b', branch, place)),
        finish: async () => {
          await directory.git('worktree', 'remove', '--force', place);
          await directory.git('branch', '--quiet', '-D', branch);
          return null;
        },
      };
    },
  };
  return {
    title: `Make a worktree of ${files.toLocaleString('en')} files, ${stage.where}`,
    notes: ['from the pool: it was prepared before; every file is looked at when that was not done for two minutes'],
    rounds,
    amount: 1,
    contenders: [
      ours('ours, from the pool', 1, handOut),
      ours('ours, from the pool, every file looked at', 1, async (made) => {
        await handOut(made);
        if (!(await room.isAsCreated(made))) throw new Error('it is not as it was prepared');
      }),
      ours('ours, without a pool', 0, (made) => room.create({ ...made, checkpoint: null })),
      git,
    ],
  };
}

async function tend({ worktrees: room, repository, isOccupied }: Stage, size: number): Promise<void> {
  const { signal } = new AbortController();
  await room.tendPool(repository, { size, isOccupied, endWorkers: () => Promise.resolve(), signal });
  await room.settled();
}

/** Each with one changed file in it, which ours keeps first. */
function removing(stage: Stage): Comparison {
  const { worktrees: room, repository, directory } = stage;
  const changed = async (): Promise<Made> => {
    const made = await request(stage);
    await room.create({ ...made, checkpoint: null });
    await writeFile(path.join(made.path, 'work'), randomBytes(1_000));
    return made;
  };
  const removeNow = async ({ runId }: Made): Promise<void> => {
    const facts = (await room.list(repository)).find((one) => one.runId === runId);
    if (facts !== undefined) await room.remove(repository, { ...facts, bytes: 0 });
  };
  const ours: Contender = {
    name: 'ours',
    prepare: async () => {
      const { runId } = await changed();
      const facts = (await room.list(repository)).find((one) => one.runId === runId);
      if (facts === undefined) throw new Error('it is not listed');
      const finish = async (): Promise<null> => {
        await room.settled();
        return null;
      };
      return { run: async () => void (await room.remove(repository, { ...facts, bytes: 0 })), finish };
    },
  };
  const checkpoint: Contender = {
    name: 'ours, the checkpoint by itself',
    prepare: async () => {
      const made = await changed();
      const finish = async (): Promise<null> => {
        await removeNow(made);
        await room.settled();
        return null;
      };
      return { run: async () => void (await room.checkpoint({ ...made, why: 'by_hand' })), finish };
    },
  };
  const fromWindow: Contender = {
    name: 'ours, cleanup asked of a window',
    prepare: async () => {
      const window = await stage.window();
      const { runId } = await window.run({ workflowName: 'worker', directory: directory.path, message: '' });
      const place = worktreePathFor(directory.path, 'worker', runId);
      await writeFile(path.join(place, 'work'), randomBytes(1_000));
      await window.wait(runId);
      const cleanup = { directory: directory.path, maxAgeHours: 0, force: true, dryRun: false, only: [place] };
      const run = async (): Promise<void> => {
        const { removed } = await window.cleanup(cleanup);
        if (removed.length !== 1) throw new Error('it was not removed');
      };
      return { run, finish: () => Promise.resolve(null) };
    },
  };
  const git: Contender = {
    name: 'git worktree remove --force',
    prepare: async () => {
      const { path: place, branch } = await request(stage);
      await directory.git('worktree', 'add', '--quiet', '-b', branch, place);
      await writeFile(path.join(place, 'work'), randomBytes(1_000));
      return {
        run: async () => void (await directory.git('worktree', 'remove', '--force', place)),
        finish: async () => {
          await directory.git('branch', '--quiet', '-D', branch);
          return null;
        },
      };
    },
  };
  return {
    title: `Remove a worktree of ${files.toLocaleString('en')} files, ${stage.where}`,
    notes: [
      'ours: until it returns, the work kept and verified first; git loses it',
      'the window: listing and measuring it too',
    ],
    rounds: 5,
    amount: 1,
    contenders: [ours, checkpoint, fromWindow, git],
  };
}
