import type { Alert } from '../core/alerts.ts';
import type { RedactionRequest } from '../core/audit-chain.ts';
import type { ApiKey, KeyRequested } from '../core/api-key.ts';
import type { AuditVerification } from '../core/audit-problem.ts';
import type { Checkpoint } from '../core/checkpoint.ts';
import type { CleanupReport } from '../core/cleanup-report.ts';
import { isWardenError } from '../core/errors.ts';
import type { DoctorReport } from '../core/diagnosis.ts';
import type { DrillReport } from '../core/drill.ts';
import { descendantsOf, type Impact } from '../core/impact.ts';
import type { KillReport } from '../core/kill-report.ts';
import type { PermissionRequest } from '../core/permission-request.ts';
import type { RunLog } from '../core/ports/run-folders.ts';
import type { AuditFilter, LoggedEntry, RunFilter } from '../core/ports/store.ts';
import type { ChangedFile, OtherWorktree } from '../core/ports/worktrees.ts';
import { isLeaseKept } from '../core/lease.ts';
import { actorOf, type Principal } from '../core/permission.ts';
import type { Run } from '../core/run.ts';
import type { RunId } from '../core/run-id.ts';
import type { Metrics } from '../core/metrics.ts';
import { activeStatuses, isTerminal } from '../core/run-status.ts';
import { type Sample, sampleOf } from '../core/samples.ts';
import type { Watching } from '../core/watcher.ts';
import type { ShownWebhook, WebhookRequested } from '../core/webhook.ts';
import type { Workflow } from '../core/workflow.ts';
import { actOnLimit } from './act-on-limit.ts';
import { alerts } from './alerts.ts';
import { Changes } from './changes.ts';
import { diskReport, type DiskReport } from './disk-usage.ts';
import {
  cleanup,
  type CleanupOptions,
  type CleanupRequest,
  defaultMaxAgeHours,
  listWorktrees,
  type WorktreeEntry,
} from './cleanup.ts';
import { complete, type CompleteOptions } from './complete.ts';
import { doctor, type DoctorRequest } from './doctor.ts';
import { drill } from './drill.ts';
import { EndedWorktrees } from './ended-worktrees.ts';
import { extend } from './extend.ts';
import { findRun } from './find-run.ts';
import { impactOf } from './impact.ts';
import { metricsOf } from './metrics.ts';
import { heartbeat } from './heartbeat.ts';
import { factsOf, waitsOf, type RunFacts } from './inspect.ts';
import { kill, type KillOptions } from './kill.ts';
import { createKey, type CreatedKey, principalOfKey, revokeKey } from './keys.ts';
import { launch, type LaunchOptions, startQueued } from './launch.ts';
import { type KeptWork, keptWork } from './kept-work.ts';
import { Members } from './members.ts';
import { attemptsFrom } from './queue-now.ts';
import { withChecks } from './permitted.ts';
import { QueuedLaunches } from './queued-launches.ts';
import { reconcile, reconcileOne } from './reconcile.ts';
import { retriesAwaited } from './retries.ts';
import { restart, restartOnce, type RestartOptions } from './restart.ts';
import { checkpointByHand } from './keep-checkpoint.ts';
import { checkpoints, restore, type Restored, type RestoreOptions } from './restore.ts';
import { answerRequest, type AnsweredRequest, ask, type AskOptions, type RequestAnswer, requests } from './requests.ts';
import { RefusedKeyAudit } from './refused-keys.ts';
import { principalOfRun, type RunProof } from './run-token.ts';
import { Watch, type WatchEnd, type WatchLimits, type WatchOptions } from './watch.ts';
import { removeWebhook, setWebhook, testWebhook, type WebhookState, webhookState } from './webhook.ts';
import { whileThere } from './while-there.ts';
import { auditOf, type Ports, type World } from './world.ts';
import { worktreeOfRun } from './worktree-of-run.ts';

/** A run and what is known of it beside its row. */
export interface RunReport extends RunFacts {
  readonly run: Run;
  /** What was left out of it for somebody who may see the status only, see `withheldFields`. */
  readonly withheld?: readonly string[];
}

/** What a run changed in one of its worktrees. */
export interface RunChanges {
  readonly run: Run;
  readonly worktreePath: string;
  readonly files: readonly ChangedFile[];
}

export interface StandInOptions extends Pick<
  WatchOptions,
  'intervalMilliseconds' | 'mayLaunch' | 'maxAgeHours' | 'signal'
> {
  readonly until: WatchLimits;
}

/** How often a run that somebody waits for is looked at. */
const waitMilliseconds = 100;

/** The verbs, the same for every face. Any number of supervisors work on one database at a time. */
export class Supervisor {
  readonly #world: World;
  readonly #disposed: AbortController;
  readonly #changes: Changes;
  readonly #endedWorktrees: EndedWorktrees;
  readonly #refusedKeys: RefusedKeyAudit;
  /** What was asked for and is not done yet. */
  readonly #underWay: Set<Promise<unknown>>;
  readonly #watching: { watch: Watch | null };

  /** @param same the supervisor of which this is another view, see `actingAs` */
  constructor(ports: Ports, same?: Supervisor) {
    this.#disposed = same === undefined ? new AbortController() : same.#disposed;
    this.#underWay = same === undefined ? new Set() : same.#underWay;
    this.#watching = same === undefined ? { watch: null } : same.#watching;
    if (same !== undefined) {
      this.#world = { ...same.#world, actor: ports.actor };
      this.#changes = same.#changes;
      this.#endedWorktrees = same.#endedWorktrees;
      this.#refusedKeys = same.#refusedKeys;
      return;
    }
    this.#world = {
      ...ports,
      members: new Members(ports.store, ports.executor, ports.diagnostics),
      queued: new QueuedLaunches(ports, () => this.#seeToEnds()),
      carried: new Map(),
      keeping: new Map(),
      measuring: new Map(),
      goesOn: (during, work) => this.#goesOn(during, work),
      disposed: this.#disposed.signal,
    };
    this.#changes = new Changes(this.#world);
    this.#endedWorktrees = new EndedWorktrees(this.#world);
    this.#refusedKeys = new RefusedKeyAudit(this.#world);
  }

  /**
   * The same supervisor for somebody else: each verb is refused what he may not do (not_permitted), and audited as his.
   * It is disposed of with this one.
   */
  actingAs(principal: Principal): Supervisor {
    const view = new Supervisor({ ...this.#world, actor: actorOf(principal) }, this);
    return withChecks(view, view.#world, principal);
  }

  /** As whom somebody acts by the key that he shows, if any; null where it is none, or was revoked, which is audited. */
  principalOfKey(key: string | null, face: Principal['face']): Promise<Principal | null> {
    return this.#own(principalOfKey(this.#world, key, face, (refusal) => this.#refusedKeys.note(refusal, face)));
  }

  /** The run that somebody says he is, proved or not; null where there is no such run. */
  principalOfRun(proof: RunProof): Promise<Principal | null> {
    return this.#own(principalOfRun(this.#world, proof));
  }

  /** Makes a key. @throws WardenError invalid_argument */
  createKey(requested: KeyRequested): Promise<CreatedKey> {
    return this.#own(createKey(this.#world, requested));
  }

  /** All keys, also those that are revoked, the oldest first. */
  keys(): Promise<readonly ApiKey[]> {
    return this.#own(this.#world.store.keys());
  }

  /** @throws WardenError unknown_key */
  revokeKey(id: string): Promise<void> {
    return this.#own(revokeKey(this.#world, id));
  }

  /** Asks people to kill a run, in the place of a run that may not. @throws WardenError not_in_a_run, unknown_run, run_is_over */
  ask(runId: string, options: AskOptions = {}): Promise<PermissionRequest> {
    return this.#own(ask(this.#world, runId, options));
  }

  /** What runs have asked for, the newest first. */
  requests(): Promise<readonly PermissionRequest[]> {
    return this.#own(requests(this.#world));
  }

  /** What is approved is carried out at once. @throws WardenError unknown_request, request_is_answered, what a kill throws */
  answerRequest(id: number, answer: RequestAnswer): Promise<AnsweredRequest> {
    return this.#own(answerRequest(this.#world, id, answer).finally(() => this.#cleanUpEnded()));
  }

  /**
   * Top folder of the main checkout that a folder belongs to: what runs are filtered by.
   * @throws WardenError not_a_repository, bare_repository, repository_of_another, unusable_repository, git_not_found
   */
  async repositoryOf(directory: string): Promise<string> {
    return (await this.#world.worktrees.repositoryOf(directory)).path;
  }

  /** The workflows that can be started in the repository of a folder. @throws WardenError no_workflows, invalid_workflows */
  async workflows(directory: string): Promise<ReadonlyMap<string, Workflow>> {
    const repository = await this.#world.worktrees.repositoryOf(directory);
    return this.#world.definitions.load(repository.path);
  }

  /** Starts a run; resolves when its command was let go. */
  run(options: LaunchOptions): Promise<Run> {
    return this.#own(launch(this.#world, options));
  }

  /** Runs as they are now, newest first: what ended since the last look is taken first. */
  async list(filter: RunFilter): Promise<{ readonly runs: readonly RunReport[]; readonly nextCursor: string | null }> {
    await reconcile(this.#world);
    this.#cleanUpEnded();
    const { runs, nextCursor } = await this.#world.store.runs(filter);
    return { runs: await this.#reportsOf(runs), nextCursor };
  }

  /** The same from what the watch has found, without a look at the processes: for a tree that refreshes often. */
  async recent(filter: RunFilter): Promise<readonly RunReport[]> {
    const { runs } = await this.#world.store.runs(filter);
    return this.#reportsOf(runs);
  }

  /** @throws WardenError unknown_run */
  async status(runId: string): Promise<RunReport> {
    await reconcileOne(this.#world, await findRun(this.#world.store, runId));
    return this.#reportOf(await findRun(this.#world.store, runId));
  }

  /**
   * The run, those in whose place it was started, and those that took its place, in their order.
   * @throws WardenError unknown_run
   */
  async attemptsOf(runId: string): Promise<readonly Run[]> {
    const { store } = this.#world;
    const run = await findRun(store, runId);
    const before: Run[] = [];
    for (let from = run.restartedFrom; from !== null; from = before[0]?.restartedFrom ?? null) {
      const earlier = await store.run(from);
      if (earlier === null) break;
      before.unshift(earlier);
    }
    return [...before, ...(await attemptsFrom(store, run.runId))];
  }

  /** @throws WardenError unknown_run; the signal's reason when aborted */
  async wait(runId: string, signal?: AbortSignal): Promise<RunReport> {
    const { clock, store, disposed } = this.#world;
    const either = signal === undefined ? disposed : AbortSignal.any([signal, disposed]);
    for (;;) {
      const run = await findRun(store, runId);
      if (isTerminal(run.status)) {
        this.#cleanUpEnded();
        return this.#reportOf(run);
      }
      await reconcileOne(this.#world, run);
      await clock.sleep(waitMilliseconds, either);
    }
  }

  /**
   * What a run has used over time, oldest first, with what was seen of it last: fine for an hour, then one sample a minute
   * for a day and one in 15 minutes for a week. Taken while anybody watches. @throws WardenError unknown_run
   */
  async samples(runId: string): Promise<readonly Sample[]> {
    const { store } = this.#world;
    const { runId: known, process } = await findRun(store, runId);
    const samples = await store.samples(known);
    if (process === null || process.observation === null) return samples;
    const last = sampleOf(process.observation, process.lastHeartbeat);
    return last.at > (samples.at(-1)?.at ?? -Infinity) ? [...samples, last] : samples;
  }

  /** Bytes of a run's output, or of another log, from `offset` on, at most `limit`. @throws WardenError unknown_run */
  async logs(runId: string, offset: number, limit: number, log: RunLog = 'output'): Promise<Uint8Array> {
    const { runId: known } = await findRun(this.#world.store, runId);
    return this.#world.folders.read(known, offset, limit, log);
  }

  /** How many bytes a run's output, or another log, has by now. @throws WardenError unknown_run */
  async logBytes(runId: string, log: RunLog = 'output'): Promise<number> {
    const { runId: known } = await findRun(this.#world.store, runId);
    return (await this.#world.folders.output(known, log)).bytes;
  }

  outputFileOf(runId: RunId): string {
    return this.#world.folders.outputFileOf(runId);
  }

  /** Every run of the machine that is not over, in the order in which they were accepted, then those to be started again. */
  async active(): Promise<readonly Run[]> {
    await reconcile(this.#world);
    return [...(await this.#world.store.activeRuns()), ...(await retriesAwaited(this.#world))];
  }

  /** What kills would cut off or leave alone, in the order asked for. Ends nothing. @throws WardenError unknown_run */
  async impactOf(runIds: readonly string[]): Promise<readonly Impact[]> {
    const runs = await Promise.all(runIds.map((runId) => findRun(this.#world.store, runId)));
    return this.#own(impactOf(this.#world, runs));
  }

  /**
   * Runs that a run has started, and those that they have started, that are not over, or to be started again; nearest first.
   * @throws WardenError unknown_run
   */
  async childrenOf(runId: string): Promise<readonly RunId[]> {
    const { store, clock } = this.#world;
    const { runId: known } = await findRun(store, runId);
    return descendantsOf(known, await store.descendantsOf(known), clock.now());
  }

  kill(runId: string, options?: KillOptions): Promise<KillReport> {
    return this.#own(kill(this.#world, runId, options).finally(() => this.#cleanUpEnded()));
  }

  restart(runId: string, options?: RestartOptions): Promise<Run> {
    return this.#own(restart(this.#world, runId, options));
  }

  /**
   * Keeps the work of a run now; it is not disturbed.
   * @param worktreePath of one that its work was restored into; its own when absent
   * @returns the ref; null when there is nothing that the branch does not hold
   * @throws WardenError unknown_run, no_worktree, disk_full, git_failed
   */
  checkpoint(runId: string, worktreePath?: string): Promise<string | null> {
    return this.#own(checkpointByHand(this.#world, runId, worktreePath));
  }

  /** The checkpoints of a run, the oldest first. @throws WardenError unknown_run, git_failed */
  checkpoints(runId: string): Promise<readonly Checkpoint[]> {
    return this.#own(checkpoints(this.#world, runId));
  }

  /** Brings a checkpoint of a run back into a new worktree. @throws WardenError unknown_run, no_checkpoint, git_failed */
  restore(runId: string, options?: RestoreOptions): Promise<Restored> {
    return this.#own(restore(this.#world, runId, options));
  }

  complete(runId: string, options: CompleteOptions): Promise<Run> {
    return this.#own(complete(this.#world, runId, options).finally(() => this.#cleanUpEnded()));
  }

  /**
   * Gives a run more time: `minutes` on top of its limit, or from now on where that has passed.
   * @throws WardenError unknown_run, run_is_over, run_is_ending, invalid_argument
   */
  extend(runId: string, minutes: number): Promise<Run> {
    return this.#own(extend(this.#world, runId, minutes));
  }

  /** @throws WardenError not_in_a_run, run_not_running, disk_full, state_folder_not_writable */
  heartbeat(runId: string, message: string | null): Promise<Run> {
    return this.#own(heartbeat(this.#world, runId, message));
  }

  /** The repository's worktrees of ours, and for each why it stays. */
  worktrees(options: CleanupOptions): Promise<readonly WorktreeEntry[]> {
    return this.#own(listWorktrees(this.#world, options));
  }

  /** Its worktrees that are no run's: nothing ever happens to those of others. @throws WardenError not_a_repository */
  async otherWorktrees(directory: string): Promise<readonly OtherWorktree[]> {
    const { worktrees } = this.#world;
    const repository = await worktrees.repositoryOf(directory);
    return whileThere(this.#world, repository, () => worktrees.others(repository));
  }

  /** What of a repository's runs is only in checkpoints, the newest first. @throws WardenError not_a_repository */
  keptWork(directory: string): Promise<readonly KeptWork[]> {
    return this.#own(keptWork(this.#world, directory));
  }

  /**
   * What the repository's worktrees take on the disk, and what they may.
   * @param options `measure` again where that was long ago; else what is known is told at once
   * @throws WardenError not_a_repository
   */
  disk(options: { readonly directory: string; readonly measure: boolean }): Promise<DiskReport> {
    return this.#own(diskReport(this.#world, options.directory, options.measure));
  }

  cleanup(request: CleanupRequest): Promise<CleanupReport> {
    return this.#own(cleanup(this.#world, request));
  }

  /** Looks at everything, and repairs only what it is told to. */
  doctor(request: DoctorRequest): Promise<DoctorReport> {
    return this.#own(doctor(this.#world, request));
  }

  /** Kills a tree of processes that is hard to end, on this very machine. @throws WardenError drill_failed */
  drill(onProgress?: (run: Run) => void): Promise<DrillReport> {
    return this.#own(drill(this.#world, onProgress));
  }

  /** Nothing is notified about a run for so long. @throws WardenError unknown_run */
  async snooze(runId: string, milliseconds: number): Promise<void> {
    const { store, clock } = this.#world;
    const run = await findRun(store, runId);
    const until = milliseconds === Infinity ? Number.MAX_SAFE_INTEGER : Math.round(clock.monotonic() + milliseconds);
    await store.change(
      run.runId,
      () => true,
      { snoozedUntil: until },
      auditOf(this.#world, run.runId, 'snooze', 'done', { facts: { until } }),
    );
  }

  /** Where notices of runs go. @throws WardenError invalid_webhook */
  webhook(): Promise<WebhookState> {
    return this.#own(webhookState(this.#world));
  }

  /** @throws WardenError invalid_webhook */
  setWebhook(requested: WebhookRequested): Promise<ShownWebhook> {
    return this.#own(setWebhook(this.#world, requested));
  }

  /** @returns whether there was one */
  removeWebhook(): Promise<boolean> {
    return this.#own(removeWebhook(this.#world));
  }

  /** Sends a test to the webhook. @throws WardenError no_webhook, webhook_failed */
  testWebhook(): Promise<ShownWebhook> {
    return this.#own(testWebhook(this.#world));
  }

  /**
   * What the run changed since its base.
   * @param worktreePath of one that its work was restored into; its own when absent
   * @throws WardenError unknown_run, no_worktree, git_failed
   */
  async changesOf(runId: string, worktreePath?: string): Promise<RunChanges> {
    const run = await findRun(this.#world.store, runId);
    const path = await worktreeOfRun(this.#world, run, worktreePath);
    return { run, worktreePath: path, files: await this.#world.worktrees.changesSince(path, run.baseCommit) };
  }

  /** A file as it was in a commit; null when it was not there. */
  fileAt(repositoryPath: string, commit: string, path: string): Promise<Uint8Array | null> {
    return this.#world.worktrees.fileAt(repositoryPath, commit, path);
  }

  /** What a person should know about the whole, beside the health of each run; the gravest first. */
  alerts(): Promise<readonly Alert[]> {
    return this.#own(alerts(this.#world));
  }

  /** For monitoring. @throws WardenError when the database cannot be read */
  metrics(): Promise<Metrics> {
    return this.#own(this.#metrics());
  }

  /** In their order; without `after` the last ones. */
  audit(filter: AuditFilter): Promise<readonly LoggedEntry[]> {
    return this.#world.store.auditEntries(filter);
  }

  /**
   * Removes the text (user, reason and facts) of audit entries for good; the log tells that it was done, and by whom.
   * @returns of how many
   * @throws WardenError when the database cannot be written
   */
  redactAudit(request: RedactionRequest): Promise<number> {
    const runId = 'runId' in request ? request.runId : null;
    const { store } = this.#world;
    return this.#own(
      store.redactAudit(request, (entries) => auditOf(this.#world, runId, 'redact', 'done', { facts: { entries } })),
    );
  }

  /** Whether the audit log, in the database and in its file, is what was written. */
  verifyAudit(): Promise<AuditVerification> {
    return this.#own(this.#world.store.verifyAudit());
  }

  /** Brings the rows in line with what is, and sees every abandoned stop to its end. */
  async reconcile(): Promise<void> {
    await Promise.all((await reconcile(this.#world)).map(({ ended }) => ended));
    this.#cleanUpEnded();
  }

  /**
   * Begins to watch, whenever no other supervisor does.
   * @param mayLaunch asked before a run is started again by itself: a face that trusts nothing starts nothing
   * @param maxAgeHours asked before the daily pass over the worktrees; null for none
   */
  startWatching(
    intervalMilliseconds: number,
    mayLaunch: () => boolean = () => true,
    maxAgeHours: () => number | null = () => defaultMaxAgeHours,
  ): void {
    this.#watching.watch ??= this.#beginWatch({
      intervalMilliseconds,
      mayLaunch,
      maxAgeHours,
      signal: this.#disposed.signal,
    });
  }

  /** Watches in the place of a window: until one watches itself, or no run is left. Not beside `startWatching`. */
  standIn({ signal, ...options }: StandInOptions): Promise<WatchEnd> {
    const either = AbortSignal.any([signal, this.#disposed.signal]);
    this.#watching.watch = this.#beginWatch({ ...options, signal: either });
    return this.#watching.watch.ended;
  }

  /** Who watches over the runs, here or elsewhere; null when nobody does, and nobody keeps any limit then. */
  async watcher(): Promise<Watching | null> {
    const { store, executor, clock } = this.#world;
    // Where the database cannot be used nobody holds the lease.
    const lease = await store.lease().catch((error: unknown) => {
      if (isWardenError(error)) return null;
      throw error;
    });
    const now = clock.now();
    if (lease === null || !isLeaseKept(lease, now) || !(await executor.isAlive(lease.holder))) return null;
    const { face, holder, heartbeat } = lease;
    return { face, pid: holder.pid, heartbeatAgeMilliseconds: Math.max(0, now - heartbeat) };
  }

  get isWatching(): boolean {
    return this.#watching.watch?.holdsLease ?? false;
  }

  /** Tells of changes that any process made. */
  onDidChange(listener: () => void): { dispose(): void } {
    return this.#changes.listen(listener);
  }

  /**
   * Ends what this supervisor does, not what runs: kills under way are finished by whoever comes next. Resolves when
   * what was begun after a kill is done, and what was removed is also deleted.
   */
  async dispose(): Promise<void> {
    this.#disposed.abort();
    await this.#watching.watch?.ended;
    await this.settled();
    await this.#world.queued.settled();
    await this.#refusedKeys.settled();
    await this.#world.store.auditCopied();
    this.#world.store.close();
    await this.#world.worktrees.settled();
  }

  /** Resolves when nothing that was asked for goes on, nor anything in the background that it led to. */
  async settled(): Promise<void> {
    const { carried } = this.#world;
    while (carried.size + this.#underWay.size > 0) {
      await Promise.allSettled([...Array.from(carried.values(), ({ ended }) => ended), ...this.#underWay]);
    }
  }

  async #metrics(): Promise<Metrics> {
    const [{ runs }, seen] = await Promise.all([this.list({ statuses: activeStatuses, limit: 10_000 }), this.alerts()]);
    return metricsOf(
      this.#world,
      runs.map(({ health }) => health),
      seen,
    );
  }

  async #seeToEnds(): Promise<void> {
    if ((await this.watcher()) === null) await reconcile(this.#world);
  }

  /** Where nobody watches, whoever saw the end of a run sees to its worktree. */
  #cleanUpEnded(): void {
    if (this.#watching.watch !== null) return;
    const cleaning = async (): Promise<void> => {
      if ((await this.watcher()) !== null) return;
      this.#endedWorktrees.attend();
      await this.#endedWorktrees.settled();
    };
    this.#goesOn('removing the worktrees of runs that have ended', cleaning());
  }

  #beginWatch(options: Omit<WatchOptions, 'onLimit' | 'onTurn' | 'onRetry'>): Watch {
    return new Watch(this.#world, {
      ...options,
      onLimit: (run, action) => this.#own(actOnLimit(this.#world, run, action)),
      onTurn: async (run) => void (await this.#own(startQueued(this.#world, run))),
      onRetry: (run) => this.#own(restartOnce(this.#world, run)),
    });
  }

  /** The database is closed only when nobody uses it any more. */
  #own<Result>(verb: Promise<Result>): Promise<Result> {
    const done = this.#audited(verb).finally(() => this.#underWay.delete(done));
    this.#underWay.add(done);
    return done;
  }

  /** Whoever is told of something can find it in the audit file. */
  async #audited<Result>(verb: Promise<Result>): Promise<Result> {
    try {
      return await verb;
    } finally {
      await this.#world.store.auditCopied();
    }
  }

  #goesOn(during: string, work: Promise<unknown>): void {
    const done = this.#own(work);
    done.catch((error: unknown) => this.#world.diagnostics.failed(during, error));
  }

  async #reportOf(run: Run): Promise<RunReport> {
    const [report] = await this.#reportsOf([run]);
    if (report === undefined) throw new RangeError('a report for each run');
    return report;
  }

  async #reportsOf(runs: readonly Run[]): Promise<readonly RunReport[]> {
    const [waits, replacements] = await Promise.all([
      waitsOf(this.#world, runs),
      this.#world.store.replacementsOf(runs.map(({ runId }) => runId)),
    ]);
    return Promise.all(
      runs.map(async (run) => ({ run, ...(await factsOf(this.#world, run, { waits, replacements })) })),
    );
  }
}
