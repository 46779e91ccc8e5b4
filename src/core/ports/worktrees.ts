import type { Checkpoint, CheckpointOfBranch, CheckpointReason } from '../checkpoint.ts';
import type { HeldLock } from '../critical-section.ts';
import type { OwnWork } from '../impact.ts';
import type { PooledWorktree } from '../pool.ts';
import type { RepositoryState } from '../aftermath.ts';
import type { WorktreeFacts } from '../removal.ts';
import type { RunId } from '../run-id.ts';

export interface Repository {
  /** Top folder of the main checkout, with links resolved. */
  readonly path: string;
  /** Git's common folder. */
  readonly gitDirectory: string;
}

export interface CreateWorktree {
  readonly repository: Repository;
  readonly runId: RunId;
  readonly path: string;
  readonly branch: string;
  readonly baseCommit: string;
  /** It begins with what that keeps, instead of with the files of the base. */
  readonly checkpoint: { readonly runId: RunId; readonly number: number } | null;
  readonly signal: AbortSignal;
}

/** Like CreateWorktree, from a prepared worktree. */
export interface HandOutWorktree extends Omit<CreateWorktree, 'checkpoint'> {
  /** Whether a process works in a folder. */
  readonly isOccupied: (path: string) => Promise<boolean>;
}

/** A worktree that is no run's. */
export interface OtherWorktree {
  readonly path: string;
  /** Null where HEAD is detached. */
  readonly branch: string | null;
  /** `foreign`: made by somebody else, and never touched. `prepared`: kept for a run to come, see tendPool. */
  readonly kind: 'foreign' | 'prepared';
}

/** A worktree with the files of its base. */
export type CheckedOut = Pick<CreateWorktree, 'runId' | 'path' | 'baseCommit' | 'signal'>;

/** A prepared worktree that is a run's now. */
export interface HandedOut {
  /** When every file of it was looked at last, in epoch milliseconds. */
  readonly lookedAt: number;
  /** False when it is sure that git runs nothing after a checkout. */
  readonly mayHaveHook: boolean;
}

export interface TendPool {
  /** How many prepared worktrees there are to be. */
  readonly size: number;
  readonly isOccupied: (path: string) => Promise<boolean>;
  /** Ends every process that carries a cookie in its environment, see poolCookie. */
  readonly endWorkers: (cookie: string) => Promise<void>;
  readonly signal: AbortSignal;
}

/** Whose worktree becomes whose. */
export interface HandOver {
  readonly path: string;
  readonly from: RunId;
  readonly to: RunId;
}

export interface RestoreWorktree {
  readonly repository: Repository;
  readonly runId: RunId;
  /** Of the run's own worktree, there or not: those of the new one are made from them. */
  readonly names: { readonly path: string; readonly branch: string };
  /** Of the checkpoint; the last one when null. */
  readonly number: number | null;
  /** Epoch milliseconds: now. */
  readonly at: number;
  /** Ends every process that carries a cookie in its environment, see restoreCookie. */
  readonly endWorkers: (cookie: string) => Promise<void>;
  readonly signal: AbortSignal;
}

export interface RestoredWorktree {
  readonly path: string;
  readonly branch: string;
  readonly checkpoint: Checkpoint;
  /** What the checkpoint's files are against the run's branch as it is now; null where that branch has gone. */
  readonly changes: readonly ChangedFile[] | null;
}

/** What of the files that git ignores comes along, besides what the repository's `.worktreeinclude` names. */
export interface IncludeFiles {
  /** Patterns for all of a person's repositories: most match nothing in most of them. */
  readonly whereThere: readonly string[];
  /** Patterns for this one. */
  readonly patterns: readonly string[];
  readonly signal: AbortSignal;
  /** Told now and then. */
  readonly onCopied: (copied: CopyProgress) => void;
}

export interface CopyProgress {
  readonly files: number;
  readonly bytes: number;
}

export interface Included {
  /** Relative to the repository; a folder that was ignored as a whole stands for what is in it. */
  readonly copied: readonly string[];
  /** Patterns of `.worktreeinclude` and for this repository that match nothing that git ignores. */
  readonly unmatched: readonly string[];
}

export interface RemovedWorktree {
  readonly bytes: number | null;
  /** The ref of the verified checkpoint; null when there was nothing that the branch does not hold. */
  readonly checkpoint: string | null;
  readonly branchDeleted: boolean;
  /** The run's branch, where it is still there. */
  readonly branchKept: string | null;
}

/** A worktree of ours that somebody began to make; until it is finished it carries no mark. */
export interface UnfinishedWorktree {
  /** Null when git had not written it down yet. */
  readonly path: string | null;
  readonly branch: string;
  readonly runId: RunId;
  readonly made: 'launch' | 'restore';
  /** Proved, for a restore; of a launch only its row can tell. */
  readonly isMakerGone: boolean;
}

/** A ref under `refs/warden/checkpoints/`, whoever knows its run. */
export interface CheckpointRef {
  readonly ref: string;
  readonly runId: RunId;
  readonly commit: string;
  /** What is missing of it; null when all of it is there, or that cannot be told here. */
  readonly problem: string | null;
}

/** What there is of ours in a repository, whole or not. */
export interface WorktreeSurvey {
  /** Worktrees that carry our mark and whose folder is there. */
  readonly present: readonly { readonly path: string; readonly runId: RunId }[];
  /** Those whose folder is gone. */
  readonly missing: readonly WorktreeFacts[];
  readonly unfinished: readonly UnfinishedWorktree[];
  /** Worktrees of others that git did not finish to make. */
  readonly foreignUnfinished: readonly string[];
  /** How many worktrees are somebody else's. */
  readonly foreign: number;
  /** Folders where our worktrees are, in which git knows none. */
  readonly unregistered: readonly string[];
  /** Removed worktrees that are not deleted: somebody is at it, or something keeps them from being. */
  readonly inTrash: readonly string[];
  readonly checkpoints: readonly CheckpointRef[];
  /** All local branches below `warden/`. */
  readonly branches: readonly string[];
}

/** Git, as far as runs need it. Every method throws WardenError with git's own words. */
export interface Worktrees {
  /**
   * The repository that a folder belongs to; from inside a worktree it is the main checkout's.
   * @throws WardenError not_a_repository, bare_repository, repository_of_another, unusable_repository, git_not_found
   */
  repositoryOf(directory: string): Promise<Repository>;
  /** @throws WardenError base_not_found, repository_without_commit, unusable_repository */
  commitOf(repository: Repository, base: string): Promise<string>;
  /** A path at which a worktree is or is to be, with the links on the way to it resolved, as all others here are. */
  placeOf(path: string): Promise<string>;
  /**
   * A new worktree on a new branch, locked and marked as the run's. All processes that work on it carry the run's cookie.
   * When it fails, those are to be ended, and what is there is to be taken back by `undo`.
   * @throws WardenError worktree_path_taken, branch_taken, disk_full, git_failed
   */
  create(request: CreateWorktree): Promise<void>;
  /**
   * The same by making a prepared worktree of exactly that base the run's, without a look at its files: see `isAsCreated`.
   * @returns null when there is none to have; nothing was made then
   * @throws WardenError as create, and is taken back like it
   */
  handOut(request: HandOutWorktree): Promise<HandedOut | null>;
  /** Whether a worktree that was handed out holds what `create` would have made, and nothing else: every file is looked at. */
  isAsCreated(request: CheckedOut): Promise<boolean>;
  /** The post-checkout hook of one that was handed out, as `create` runs it. @throws WardenError git_failed as the hook does */
  afterCheckout(request: CheckedOut): Promise<void>;
  /** Makes, renews and discards prepared worktrees until there are as many as wanted. @throws WardenError git_failed */
  tendPool(repository: Repository, request: TendPool): Promise<void>;
  /** Whether there is any prepared worktree; costs no git. @param repositoryPath top folder of the main checkout */
  hasPool(repositoryPath: string): Promise<boolean>;
  /** Every worktree of the repository that is no run's, beside the main checkout. */
  others(repository: Repository): Promise<readonly OtherWorktree[]>;
  /** The prepared worktrees of a repository: of no run, and of nobody else. */
  pooled(repository: Repository): Promise<readonly PooledWorktree[]>;
  /** Copies files that git ignores but the run needs. @throws WardenError disk_full, git_failed; the signal's reason when aborted */
  include(repository: Repository, worktreePath: string, request: IncludeFiles): Promise<Included>;
  /** Submodules that the main checkout has filled and a worktree has not, by their folders. @throws WardenError git_failed */
  emptySubmodules(repository: Repository, worktreePath: string): Promise<readonly string[]>;
  /** Takes back what `create` made for a run that never started: worktree, branch, lock, mark. */
  undo(
    repository: Repository,
    worktree: { readonly path: string; readonly branch: string; readonly runId: RunId },
  ): Promise<void>;
  /** Every worktree of the repository that carries our mark, or only those of some runs. */
  list(repository: Repository, only?: ReadonlySet<RunId>): Promise<readonly WorktreeFacts[]>;
  /**
   * When a file in the worktree was last changed, in epoch milliseconds, as far as a quick look tells: a few thousand
   * files are looked at, git's own and ignored folders are not. Null when it cannot be told.
   */
  lastChangeIn(worktreePath: string): Promise<number | null>;
  /** Where they are, without a look at any of them. */
  pathsOf(repository: Repository): Promise<readonly string[]>;
  /**
   * Bytes on the disk of some folders, which are measured apart since that takes long: one at a time. Links are not followed.
   * @returns `each` in their order, null where unreadable; `together` with what they share by hard links once
   * @throws the signal's reason when aborted
   */
  sizesOf(
    paths: readonly string[],
    signal: AbortSignal,
  ): Promise<{ readonly each: readonly (number | null)[]; readonly together: number }>;
  /**
   * Keeps the work in a checkpoint, verifies it, then removes the worktree link-safe, and the branch where its tip is
   * reachable from elsewhere. The caller has decided that it may go.
   * @param requireFree asked right before it goes, once its work is kept; when it throws, it stays
   */
  remove(repository: Repository, worktree: WorktreeFacts, requireFree?: () => Promise<void>): Promise<RemovedWorktree>;
  /** Deletes what removals that were cut off left in the trash. @throws WardenError git_failed when some of it cannot be deleted */
  emptyTrash(repository: Repository): Promise<void>;
  /** Why `remove` would refuse now, in words, as far as that is told without keeping the work; else null. Never throws. */
  refusalOf(repository: Repository, worktree: WorktreeFacts): Promise<string | null>;
  /** Files changed in the worktree since the base, committed or not. */
  changesSince(worktreePath: string, baseCommit: string): Promise<readonly ChangedFile[]>;
  /** A file as it was in a commit; null when it was not there. */
  fileAt(repositoryPath: string, commit: string, path: string): Promise<Uint8Array | null>;
  /** Looks at all of ours, and changes nothing. */
  survey(repository: Repository): Promise<WorktreeSurvey>;
  /** The version of git, e.g. `2.39.5`. @throws WardenError git_not_found */
  version(): Promise<string>;
  /** Lock files of git that a run left behind, on proof that their owner is gone. */
  staleLocks(worktreePath: string): Promise<readonly string[]>;
  /**
   * Removes lock files of git that the run left behind, on proof that their owner is gone.
   * @param ours a git of ours that may be at work there; it has to end before anything is proved
   * @returns their paths
   */
  removeStaleLocks(worktreePath: string, ours?: Promise<unknown>): Promise<readonly string[]>;
  /** A new repository with one commit, for a drill. */
  scratchRepository(): Promise<ScratchRepository>;
  /**
   * Lock files of git in the worktree that one of some processes uses: it has the file open, or is a git that works
   * there. Costs a few looks at files where there is no lock. None where the platform does not tell what a process uses.
   */
  locksHeldBy(worktreePath: string, processes: readonly PossibleHolder[]): Promise<readonly HeldLock[]>;
  /** Whether git can go on in a worktree; a few are looked at at a time. Never throws. */
  usabilityOf(worktreePath: string): Promise<RepositoryState>;
  /**
   * What of a run's work is nowhere else. A few are looked at at a time, each for some seconds at most. Never throws. All
   * processes that work on it carry the `lookCookie` of the run.
   */
  ownWorkIn(worktree: { readonly path: string; readonly branch: string; readonly runId: RunId }): Promise<OwnWork>;
  /**
   * Keeps tracked, staged and untracked files in a commit under `refs/warden/checkpoints/<run_id>/` and verifies it. The
   * worktree, its index and its HEAD stay as they are. Git runs the repository's own filters for that: all processes that
   * work on it carry the `checkpointCookie` of the run.
   * @returns the ref; null when there is nothing that the branch does not hold
   * @throws WardenError git_failed, disk_full
   */
  checkpoint(worktree: {
    readonly path: string;
    readonly runId: RunId;
    readonly why: CheckpointReason;
  }): Promise<string | null>;
  /** The checkpoints of a run that there are, the oldest first. */
  checkpointsOf(repository: Repository, runId: RunId): Promise<readonly CheckpointOfBranch[]>;
  /** All or none. @throws WardenError git_failed when one of them is not what it was */
  deleteCheckpoints(repository: Repository, checkpoints: readonly Checkpoint[]): Promise<void>;
  /**
   * Gives a checkpoint its ref again, which somebody deleted, if all of it is still there.
   * @throws WardenError git_failed when there is such a ref
   */
  returnCheckpointRef(repository: Repository, checkpoint: Pick<CheckpointRef, 'ref' | 'commit'>): Promise<void>;
  /**
   * Brings a checkpoint back into a new worktree on a new branch, with what was staged, locked and marked as the run's.
   * On any failure nothing of it is left.
   * @throws WardenError no_checkpoint, disk_full, git_failed
   */
  restore(request: RestoreWorktree): Promise<RestoredWorktree>;
  /**
   * Makes the worktree of one run another's, with its mark and its lock. The caller knows that nobody lives in it.
   * @throws WardenError git_failed when it is neither's, or somebody else locked it
   */
  handOver(repository: Repository, handOver: HandOver): Promise<void>;
  /** Takes back restores and checkpoints that were cut off. Cheap where there are none. */
  takeBackInterrupted(repository: Repository, endWorkers: RestoreWorktree['endWorkers']): Promise<void>;
  /** Resolves when nothing that was removed is still being deleted in the background. */
  settled(): Promise<void>;
}

export interface PossibleHolder {
  readonly pid: number;
  /** A git that may have locked something. */
  readonly isLockingGit: boolean;
}

export interface ChangedFile {
  /** Relative to the worktree. */
  readonly path: string;
  readonly change: 'added' | 'modified' | 'deleted';
}

export interface ScratchRepository {
  readonly path: string;
  /** Deletes it, with its worktrees. */
  remove(): Promise<void>;
}
