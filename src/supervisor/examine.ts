import type { Checkpoint } from '../core/checkpoint.ts';
import {
  type ActiveRunFacts,
  backupFindings,
  type CarrierFacts,
  databaseFindings,
  diskFindings,
  type Finding,
  findingsOf,
  inOrder,
  type KnownRun,
  leaseFindings,
  machineFindings,
  processFindings,
  type RepositoryFacts,
  repositoryFindings,
  runFindings,
  runOfBranch,
  type StateFacts,
  stateFindings,
} from '../core/diagnosis.ts';
import { isWardenError } from '../core/errors.ts';
import { type Observed, observed, unknown } from '../core/impact.ts';
import type { RunPage } from '../core/ports/store.ts';
import type { Repository } from '../core/ports/worktrees.ts';
import { identityIn, type ProcessFacts } from '../core/process-identity.ts';
import type { Run } from '../core/run.ts';
import type { RunId } from '../core/run-id.ts';
import { isTerminal } from '../core/run-status.ts';
import { entryOf, type RemovalTerms } from './cleanup.ts';
import { failureWords } from './failure-words.ts';
import { carriersIn } from './orphans.ts';
import { isInSight } from './sight.ts';
import type { World } from './world.ts';

export interface Places {
  /** Folders in repositories; others are looked at only as `all` says. */
  readonly directories: readonly string[];
  /** Also every repository that a run is known of. */
  readonly all?: boolean;
}

/** Looks at everything, and changes nothing. What cannot be looked at is a finding too. */
export async function examine(world: World, places: Places): Promise<readonly Finding[]> {
  const { clock, store } = world;
  const repositories = await repositoriesOf(world, places);
  const [runs, processes, state, database, lease, machine, disks] = await Promise.all([
    seen(activeRuns(world)),
    seen(carriers(world)),
    seen(stateOf(world)),
    seen(store.examine()),
    seen(leaseOf(world)),
    seen(machineOf(world)),
    seen(disksOf(world, repositories)),
  ]);
  const found: Finding[] = [
    ...findingsOf('runs', runs, runFindings),
    ...findingsOf('processes', processes, (some) => processFindings(some, clock.now())),
    ...findingsOf('state folder', state, stateFindings),
    ...findingsOf('database', database, databaseFindings),
    ...(database.state === 'observed' && lease.state === 'observed'
      ? backupFindings(database.value, lease.value.isAlive, clock.now())
      : []),
    ...findingsOf('lease', lease, (some) => leaseFindings(some, clock.now())),
    ...findingsOf('machine', machine, machineFindings),
    ...findingsOf('disks', disks, diskFindings),
  ];
  for (const repository of repositories) {
    const facts = repository.state === 'observed' ? await seen(repositoryFacts(world, repository.value)) : repository;
    const about = repository.state === 'observed' ? repository.value.path : 'repository';
    found.push(...findingsOf(about, facts, ({ survey, known }) => repositoryFindings(survey, known)));
  }
  return inOrder(found);
}

async function seen<Value>(look: Promise<Value>): Promise<Observed<Value>> {
  try {
    return observed(await look);
  } catch (error) {
    return unknown(failureWords(error));
  }
}

/** Of the newest runs so many are looked at for where their repositories are. */
const newestRuns = 500;

async function repositoriesOf(world: World, { directories, all }: Places): Promise<readonly Observed<Repository>[]> {
  const { runs } = all === true ? await world.store.runs({ limit: newestRuns }) : { runs: [] };
  const found = new Map<string, Observed<Repository>>();
  for (const path of new Set([...directories, ...runs.map(({ repository }) => repository)])) {
    try {
      const repository = await world.worktrees.repositoryOf(path);
      found.set(repository.path, observed(repository));
    } catch (error) {
      // A repository that has gone took all of it along; one that is asked for by name is not silently left out.
      const isGone = isWardenError(error, 'not_a_repository') && !directories.includes(path);
      if (!isGone) found.set(path, unknown(failureWords(error)));
    }
  }
  return [...found.values()];
}

/** What has no processes is looked at twice: one look may fall between a fork and its child. What is out of sight may have some. */
async function activeRuns(world: World): Promise<readonly ActiveRunFacts[]> {
  const { store, members, executor } = world;
  const found: ActiveRunFacts[] = [];
  const [active, first] = [await store.activeRuns(), await members.look()];
  const isSilent = active.some(({ runId, status }) => status === 'running' && !first.has(runId));
  const second = isSilent ? await members.look() : first;
  for (const { runId } of active) {
    const run = await store.run(runId);
    // Over by now.
    if (run === null || isTerminal(run.status)) continue;
    const hasProcesses = first.has(runId) || second.has(runId) || !(await isInSight(world, run));
    const isLauncherAlive = run.launcher === null ? null : await executor.isAlive(run.launcher);
    found.push({ run, hasProcesses, isLauncherAlive });
  }
  return found;
}

/** A row says that a run is over only after nobody was left: whoever is alive after it was read was not seen then. */
async function carriers(world: World): Promise<readonly CarrierFacts[]> {
  const { executor, folders, store, members } = world;
  const snapshot = await executor.look();
  const suspects: { readonly facts: ProcessFacts; readonly runId: RunId; readonly run: Run | null }[] = [];
  for (const [runId, some] of Map.groupBy(carriersIn(snapshot, executor.self.pid), (one) => one.runId)) {
    const run = await store.run(runId);
    if (run === null || isTerminal(run.status)) suspects.push(...some.map(({ facts }) => ({ facts, runId, run })));
  }
  if (suspects.length === 0) return [];
  // What one run started in the name of another that is over is its own.
  const owned = new Set([...(await members.look()).values()].flat().map(({ identity }) => identity.pid));
  const found: CarrierFacts[] = [];
  for (const { facts, runId, run } of suspects) {
    const identity = identityIn(snapshot, facts);
    if (owned.has(facts.pid) || !(await executor.isAlive(identity))) continue;
    const isOurs = run !== null || (await executor.runFolderOf(identity)) === folders.pathOf(runId);
    found.push({ runId, pid: facts.pid, name: facts.name, run, isOurs });
  }
  return found;
}

async function stateOf(world: World): Promise<StateFacts> {
  const { store, stateFolder, temporaryFolders } = world;
  // In this order: of a run that begins meanwhile the row is there first, then the folder.
  const before = await store.knownRunIds();
  const withFolder = await stateFolder.runFolders();
  const after = new Set(await store.knownRunIds());
  const folders = new Set(withFolder);
  const runsWithoutFolder: RunId[] = [];
  for (const runId of before) {
    if (folders.has(runId)) continue;
    const run = await store.run(runId);
    if (run !== null && run.status !== 'pending') runsWithoutFolder.push(runId);
  }
  const temporaryFiles: RunId[] = [];
  for (const runId of await temporaryFolders.runs()) {
    const run = await store.run(runId);
    if (run !== null && isTerminal(run.status) && run.worktree === null) temporaryFiles.push(runId);
  }
  return {
    foldersWithoutRun: withFolder.filter((runId) => !after.has(runId)),
    runsWithoutFolder,
    temporaryFiles,
    openPermissions: await stateFolder.openToOthers(),
  };
}

async function leaseOf({ store, executor }: World): Promise<Parameters<typeof leaseFindings>[0]> {
  const lease = await store.lease();
  const isAlive = lease !== null && (await executor.isAlive(lease.holder));
  return { lease, isAlive, activeRuns: (await store.activeRuns()).length };
}

async function machineOf({ worktrees, executor }: World): Promise<Parameters<typeof machineFindings>[0]> {
  return { git: await worktrees.version(), containment: await executor.containmentMeans() };
}

async function disksOf(
  { stateFolder }: World,
  repositories: readonly Observed<Repository>[],
): Promise<readonly { readonly path: string; readonly freeBytes: number }[]> {
  const paths = repositories.flatMap((one) => (one.state === 'observed' ? [one.value.path] : []));
  const disks = await Promise.all(
    [stateFolder.path, ...paths].map(async (path) => ({ path, freeBytes: await stateFolder.freeBytesAt(path) })),
  );
  return disks.flatMap(({ path, freeBytes }) => (freeBytes === null ? [] : [{ path, freeBytes }]));
}

/** Nothing is in it any more, whatever its age; what only its commits hold is kept. */
export const missingFolderTerms: RemovalTerms = {
  maxAgeHours: 0,
  force: true,
  isAsked: true,
  why: 'its folder is gone',
};

interface RepositoryLook {
  readonly survey: RepositoryFacts;
  readonly known: ReadonlyMap<RunId, KnownRun>;
}

async function repositoryFacts(world: World, repository: Repository): Promise<RepositoryLook> {
  const { worktrees, store } = world;
  const survey = await worktrees.survey(repository);
  const branches = survey.branches.flatMap((branch) => {
    const runId = runOfBranch(branch);
    return runId === null ? [] : [{ branch, runId }];
  });
  const named = [survey.present, survey.missing, survey.unfinished, survey.checkpoints, branches].flat();
  const known = new Map<RunId, Run | null>();
  for (const { runId } of named) if (!known.has(runId)) known.set(runId, await store.run(runId));
  const missing: RepositoryFacts['missing'][number][] = [];
  for (const worktree of survey.missing) {
    const { reasons } = await entryOf(world, worktree, () => missingFolderTerms);
    missing.push({ worktree, reasons });
  }
  const locks = new Map<string, RepositoryFacts['locks'][number]>();
  const damaged: RepositoryFacts['damaged'][number][] = [];
  for (const { path: worktree, runId } of survey.present) {
    for (const path of await worktrees.staleLocks(worktree)) locks.set(path, { path, worktree, runId });
    const run = known.get(runId) ?? null;
    // A git that is at work may have it half-written.
    if (run !== null && !isTerminal(run.status)) continue;
    const usability = await worktrees.usabilityOf(worktree);
    if (usability.state === 'damaged') damaged.push({ path: worktree, runId, detail: usability.detail });
  }
  return {
    survey: {
      repository: repository.path,
      unregistered: survey.unregistered,
      inTrash: survey.inTrash,
      missing,
      unfinished: survey.unfinished,
      foreignUnfinished: survey.foreignUnfinished,
      foreign: survey.foreign,
      locks: [...locks.values()],
      damaged,
      refs: survey.checkpoints,
      rows: await checkpointRows(world, repository.path),
      branches,
    },
    known,
  };
}

/** What is written down of the checkpoints of each run in a repository. */
async function checkpointRows(
  { store }: World,
  repository: string,
): Promise<ReadonlyMap<RunId, readonly Checkpoint[]>> {
  const rows = new Map<RunId, readonly Checkpoint[]>();
  let cursor: string | null = null;
  do {
    const page: RunPage = await store.runs({ repository, limit: newestRuns, ...(cursor === null ? {} : { cursor }) });
    for (const { runId } of page.runs) {
      rows.set(runId, await store.checkpoints(runId));
    }
    cursor = page.nextCursor;
  } while (cursor !== null);
  return rows;
}
