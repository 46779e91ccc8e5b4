import type { CleanupReport, RemovedEntry } from '../core/cleanup-report.ts';
import { isWardenError, WardenError } from '../core/errors.ts';
import { describeKeepReason, plainEnglish } from '../core/messages.ts';
import type { Repository } from '../core/ports/worktrees.ts';
import { type KeepReason, reasonsToKeep, type RemovalFacts, type WorktreeFacts } from '../core/removal.ts';
import { retryDelay } from '../core/retry.ts';
import type { Run } from '../core/run.ts';
import { isTerminal } from '../core/run-status.ts';
import { noteCheckpoints } from './note-checkpoints.ts';
import { reconcile } from './reconcile.ts';
import { forgetWorktree, knownUsage, measureIfOutdated } from './disk-usage.ts';
import { auditingRefusal } from './auditing-refusal.ts';
import { endOwnGit } from './end-own-git.ts';
import { failureWords } from './failure-words.ts';
import { removeForgottenTemporaryFiles, removeTemporaryFiles } from './temporary-files.ts';
import { tearDown } from './tear-down.ts';
import { whileThere } from './while-there.ts';
import { auditOf, type World } from './world.ts';

/** A worktree younger than this is left alone unless somebody says otherwise. */
export const defaultMaxAgeHours = 48;

export interface CleanupOptions {
  /** A folder in the repository. */
  readonly directory: string;
  readonly maxAgeHours?: number;
  /** `known`: as measured last, without measuring what was not, or long ago. */
  readonly sizes?: 'known';
  /** Removes what has work in it too, after the work was kept. Never overrides that something lives in it. */
  readonly force?: boolean;
  /** For the audit log. */
  readonly why?: string;
}

/** Upon what a worktree goes. */
export type RemovalTerms = Pick<RemovalFacts, 'maxAgeHours' | 'force' | 'isAsked'> & { readonly why: string | null };

/** The same for each of many. */
export type TermsFor = (worktree: WorktreeFacts, run: Run | null) => RemovalTerms;

/** One worktree of ours, with what a person needs to decide. */
export interface WorktreeEntry {
  readonly worktree: WorktreeFacts;
  readonly run: Run | null;
  /** On the disk; null where it is not known. */
  readonly bytes: number | null;
  /** Why it stays; empty when it may go. */
  readonly reasons: readonly KeepReason[];
}

/** Lists the repository's worktrees of ours and what may happen to each. Removes nothing. */
export async function listWorktrees(world: World, options: CleanupOptions): Promise<readonly WorktreeEntry[]> {
  const repository = await world.worktrees.repositoryOf(options.directory);
  return whileThere(world, repository, () => entriesOf(world, repository, options, () => asAsked(options)));
}

async function entriesOf(
  world: World,
  repository: Repository,
  { sizes: wanted }: Pick<CleanupOptions, 'sizes'>,
  termsFor: TermsFor,
): Promise<readonly WorktreeEntry[]> {
  await world.worktrees.takeBackInterrupted(repository, (cookie) => endOwnGit(world, cookie));
  // A run that ended while nobody watched keeps its worktree no longer.
  await reconcile(world);
  const usage =
    wanted === 'known' ? await knownUsage(world, repository.path) : await measureIfOutdated(world, repository);
  const sizes = new Map(usage?.worktrees.map(({ path, bytes }) => [path, bytes]));
  const worktrees = await world.worktrees.list(repository);
  return Promise.all(
    worktrees.map((worktree) => entryOf(world, { ...worktree, bytes: sizes.get(worktree.path) ?? null }, termsFor)),
  );
}

function asAsked({ maxAgeHours = defaultMaxAgeHours, force = false, why }: CleanupOptions): RemovalTerms {
  return { maxAgeHours, force, isAsked: true, why: why ?? null };
}

export async function entryOf(world: World, worktree: WorktreeFacts, termsFor: TermsFor): Promise<WorktreeEntry> {
  const [run, occupants] = await Promise.all([
    world.store.run(worktree.runId),
    world.executor.occupantsOf(worktree.path),
  ]);
  const reasons = reasonsToKeep({
    worktree,
    run,
    policy: run?.workflow.cleanup ?? null,
    awaited: run === null ? null : await awaitedBy(world, run, worktree),
    occupants,
    now: world.clock.now(),
    ...termsFor(worktree, run),
  });
  return { worktree, run, bytes: worktree.bytes, reasons };
}

/** Who goes on with a run that is over. */
async function awaitedBy(world: World, run: Run, { restored }: WorktreeFacts): Promise<RemovalFacts['awaited']> {
  if (restored !== null || !isTerminal(run.status)) return null;
  const next = await world.store.replacementOf(run.runId);
  // Until it has taken the worktree over, that is still marked as the old run's.
  if (next?.resume?.kind === 'worktree' && !isTerminal(next.status)) return next.runId;
  return next === null && retryDelay(run, world.clock.now(), false) !== null ? 'retry' : null;
}

export interface CleanupRequest extends CleanupOptions {
  readonly dryRun: boolean;
  /** Only those in these folders; every worktree that may go when absent. A run may have more than one. */
  readonly only?: readonly string[];
  readonly onProgress?: (done: number, total: number, entry: WorktreeEntry) => void;
  readonly signal?: AbortSignal;
}

type Request = Omit<CleanupRequest, keyof CleanupOptions> & Pick<CleanupOptions, 'directory' | 'sizes'>;

/**
 * Removes the worktrees that may go, each after its work was kept and the copy verified. What cannot be removed is kept
 * and says why; an error with one does not stop the others.
 */
export function cleanup(world: World, request: CleanupRequest): Promise<CleanupReport> {
  return cleanupOn(world, request, () => asAsked(request));
}

/** The same, upon terms of the caller. */
export async function cleanupOn(world: World, request: Request, termsFor: TermsFor): Promise<CleanupReport> {
  // A database that cannot be read is not one that says "nothing is active".
  await world.store.requireDatabase();
  const found = world.worktrees.repositoryOf(request.directory);
  const attempt = { runId: null, facts: { repository: request.directory } };
  const repository = await (request.dryRun ? found : auditingRefusal(world, 'cleanup', attempt, () => found));
  // Nobody waits for sizes before something goes: each is measured, where it is not known, while its work is kept.
  const sizes = request.dryRun ? request : { sizes: 'known' as const };
  const entries = await whileThere(world, repository, () => entriesOf(world, repository, sizes, termsFor));
  const wanted = entries.filter(({ worktree }) => request.only?.includes(worktree.path) ?? true);
  const removed: CleanupReport['removed'][number][] = [];
  const kept: CleanupReport['kept'][number][] = [];
  for (const [index, entry] of wanted.entries()) {
    const { runId, path } = entry.worktree;
    if (entry.reasons.length > 0) {
      kept.push({ runId, path, reasons: entry.reasons });
      continue;
    }
    if (request.signal?.aborted === true) break;
    request.onProgress?.(index, wanted.length, entry);
    if (request.dryRun) {
      const detail = await world.worktrees.refusalOf(repository, entry.worktree);
      if (detail !== null) kept.push({ runId, path, reasons: [{ code: 'failed', detail }] });
      else removed.push({ runId, path, bytes: entry.bytes, checkpoint: null, branchKept: null, teardownFailure: null });
      continue;
    }
    const outcome = await removeWorktree(world, repository, entry, termsFor);
    if ('reasons' in outcome) kept.push({ runId, path, reasons: outcome.reasons });
    else removed.push({ runId, path, ...outcome });
  }
  if (!request.dryRun) {
    // Whoever removed something before may have been cut off.
    world.goesOn(`emptying the trash of ${repository.path}`, world.worktrees.emptyTrash(repository));
    const withWorktree = new Set(entries.map(({ worktree }) => worktree.runId));
    await removeForgottenTemporaryFiles(world, repository.path, withWorktree);
  }
  return { dryRun: request.dryRun, removed, kept };
}

/**
 * Looks at a worktree once more and removes it if it may still go: while others were removed a person may have opened it.
 * @throws WardenError when the database cannot be used; what else goes wrong is a reason to keep it
 */
export async function removeWorktree(
  world: World,
  repository: Repository,
  entry: WorktreeEntry,
  termsFor: TermsFor,
): Promise<
  | Pick<RemovedEntry, 'bytes' | 'checkpoint' | 'branchKept' | 'teardownFailure'>
  | { readonly reasons: readonly KeepReason[] }
> {
  await world.store.requireDatabase();
  const now = await entryOf(world, entry.worktree, termsFor);
  if (now.reasons.length > 0) return { reasons: now.reasons };
  const { worktree } = entry;
  const { force, why } = termsFor(worktree, now.run);
  const facts = { path: worktree.path, branch: worktree.branch, head: worktree.head, force };
  await world.store.audit(auditOf(world, worktree.runId, 'cleanup', 'asked', { why, facts }));
  const begun = world.clock.monotonic();
  const duration = () => ({ duration_ms: Math.round(world.clock.monotonic() - begun) });
  let teardownFailure: string | null = null;
  try {
    let keptBefore: string | null = null;
    // A restored one was never set up.
    if (worktree.restored === null && now.run !== null && now.run.workflow.teardown !== null && worktree.exists) {
      // Whatever it does to the work, it was kept before.
      keptBefore = await world.worktrees.checkpoint({ ...worktree, why: 'removal' });
      teardownFailure = await tearDown(world, now.run, worktree.path);
    }
    const removed = await world.worktrees.remove(repository, worktree, () => requireUnoccupied(world, worktree.path));
    const checkpoint = keptBefore ?? removed.checkpoint;
    if (worktree.restored === null) await removeTemporaryFiles(world, worktree);
    await world.store.change(
      worktree.runId,
      () => true,
      worktree.restored === null ? { worktree: null } : {},
      auditOf(world, worktree.runId, 'cleanup', 'done', {
        why,
        facts: {
          ...facts,
          ...duration(),
          checkpoint,
          branch_deleted: removed.branchDeleted,
          teardown_failure: teardownFailure,
        },
      }),
    );
    if (checkpoint !== null) await noteCheckpoints(world, worktree);
    await forgetWorktree(world, worktree);
    return { bytes: removed.bytes, checkpoint, branchKept: removed.branchKept, teardownFailure };
  } catch (error) {
    const reason = reasonOf(error);
    const detail = reason.code === 'failed' ? reason.detail : describeKeepReason(reason, plainEnglish);
    await world.store.audit(
      auditOf(world, worktree.runId, 'cleanup', 'failed', { why, facts: { ...facts, ...duration(), detail } }),
    );
    return { reasons: [reason] };
  }
}

function reasonOf(error: unknown): KeepReason {
  if (!isWardenError(error, 'worktree_occupied')) return { code: 'failed', detail: failureWords(error) };
  const { pid, name } = error.facts;
  return { code: 'occupied', pid, name };
}

/** Nothing goes while a process lives in it, whoever began that while its work was kept. */
async function requireUnoccupied({ executor }: World, path: string): Promise<void> {
  const [occupant] = await executor.occupantsOf(path);
  if (occupant !== undefined) throw new WardenError('worktree_occupied', { path, ...occupant });
}
