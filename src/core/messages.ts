import { describeRebuilt } from './rebuilt-words.ts';
import type { ErrorCode, ErrorFacts, LaunchStep, WardenError, WebhookProblem, WorkflowFileProblem } from './errors.ts';
import type { HealthReason } from './health.ts';
import type { CriticalSection } from './critical-section.ts';
import type { KillReport, Survivor } from './kill-report.ts';
import { describeBytes, describeDuration, hundredths } from './quantities.ts';
import type { QueueWait } from './queue.ts';
import { describeRefusal } from './permission-words.ts';
import type { KeepReason, WorktreeFacts } from './removal.ts';
import type { CopyProgress, OtherWorktree } from './ports/worktrees.ts';
import type { RetryStop } from './retry.ts';
import type { RunReason, RunWarning } from './run.ts';
import type { StopProgress } from './stop-progress.ts';
import type { Translate } from './translate.ts';

export { describeAftermath } from './aftermath-words.ts';
export { describeBytes, describeDuration } from './quantities.ts';
export { plainEnglish, type Translate } from './translate.ts';

/** What is wrong and what to do about it, in one or two sentences; problems of a definitions file one a line. */
export function describeError<Code extends ErrorCode>(error: WardenError<Code>, translate: Translate): string {
  return errorWords[error.code](error.facts, translate);
}

const errorWords: { readonly [Code in ErrorCode]: (facts: ErrorFacts[Code], translate: Translate) => string } = {
  not_a_repository: ({ path }, translate) =>
    translate('{0} is not in a git repository. Open a repository, or make one with "git init".', path),
  bare_repository: ({ path }, translate) =>
    translate('{0} is a bare repository, which has no files to work on. Use a clone of it that has a checkout.', path),
  repository_of_another: ({ path, command }, translate) =>
    translate(
      '{0} belongs to another user, so git does not work in it. If you trust what is in it, tell git so: {1}',
      path,
      command,
    ),
  unusable_repository: ({ path, detail }, translate) =>
    translate('The repository of {0} cannot be worked in. Put it right, then try again: {1}', path, detail),
  repository_without_commit: ({ path }, translate) =>
    translate('{0} has no commit yet, so there is nothing to start from. Make a first commit.', path),
  git_not_found: ({ detail }, translate) =>
    translate('Git could not be started ({0}). Install it, or put it on the PATH.', detail),
  base_not_found: ({ base, repository }, translate) =>
    translate('There is no commit or branch "{0}" in {1}. Check its spelling, or fetch it first.', base, repository),
  no_workflows: ({ paths }, translate) =>
    translate(
      'No workflows are defined. Write them in .vscode/workflows.json at the top of the repository; looked for: {0}.',
      paths.join(', '),
    ),
  invalid_workflows: ({ problems }) => problems.map(describeProblem).join('\n'),
  unknown_workflow: ({ name, nearest, known }, translate) => {
    if (nearest.length > 0) {
      return translate('There is no workflow "{0}". Did you mean {1}?', name, nearest.join(', '));
    }
    return known.length > 0
      ? translate('There is no workflow "{0}". Defined are: {1}.', name, known.join(', '))
      : translate('There is no workflow "{0}": none is defined in .vscode/workflows.json.', name);
  },
  unknown_run: ({ runId, nearest }, translate) =>
    nearest.length > 0
      ? translate('There is no run "{0}". Did you mean {1}?', runId, nearest.join(', '))
      : translate('There is no run "{0}". Look for it in the list of runs.', runId),
  invalid_argument: ({ argument, value, expected }, translate) =>
    translate('"{0}" is not valid for {1}. Expected: {2}.', value, argument, expected),
  command_not_found: ({ command }, translate) =>
    translate('The program "{0}" was not found. Check its spelling, or put it on the PATH.', command),
  no_free_ports: ({ count, first, last }, translate) =>
    count === 1
      ? translate(
          'No port from {0} to {1} is free. End runs, or set another "portRange" in workflows.json.',
          first,
          last,
        )
      : translate(
          'No {0} ports in a row from {1} to {2} are free. End runs, or set another "portRange" in workflows.json.',
          count,
          first,
          last,
        ),
  worktree_path_taken: ({ path }, translate) =>
    translate(
      '{0} is already there, so no worktree can be made in its place. Move or remove it, then try again.',
      path,
    ),
  branch_taken: ({ branch }, translate) =>
    translate('There already is a branch "{0}". Rename or delete it, then try again.', branch),
  launch_failed: ({ runId, step, detail }, translate) =>
    translate(
      '{0} did not start: {1}. What it had made so far was removed again.',
      runId,
      launchFailureWords(step, detail, translate),
    ),
  git_failed: ({ operation, detail }, translate) => translate('Git failed ({0}): {1}', operation, detail),
  no_worktree: ({ runId }, translate) =>
    translate('{0} has no worktree any more. Its branch or a checkpoint may still hold the work.', runId),
  worktree_occupied: ({ path, pid, name }, translate) =>
    translate('{0} (pid {1}) works in {2}, so no run is started there. End it first.', name, pid, path),
  no_checkpoint: ({ runId, number, known }, translate) => {
    if (known.length === 0) {
      return translate(
        '{0} has no checkpoint. One is taken where there is work that its branch does not hold; look at its branch.',
        runId,
      );
    }
    return translate('{0} has no checkpoint {1}. It has: {2}.', runId, number ?? '', known.join(', '));
  },
  run_is_over: ({ runId, status, replacedBy }, translate) =>
    replacedBy === undefined
      ? translate('{0} is already over ({1}).', runId, status)
      : translate('{0} is already over ({1}), and {2} was started in its place.', runId, status, replacedBy),
  run_not_running: ({ runId, status }, translate) => translate('{0} is not running ({1}).', runId, status),
  run_is_ending: ({ runId }, translate) => translate('{0} is being ended already, so it gets no more time.', runId),
  run_not_over: ({ runId, status }, translate) =>
    translate('{0} is not over yet ({1}). Kill it first, or wait for its end.', runId, status),
  survivors: ({ runId, survivors }, translate) =>
    survivors === 1
      ? translate('{0} is still running: one process survived the kill. It is tried again; the report names it.', runId)
      : translate(
          '{0} is still running: {1} processes survived the kill. It is tried again; the report names them.',
          runId,
          survivors,
        ),
  not_proved_gone: ({ runId }, translate) =>
    translate('Processes of {0} are still alive, so nothing more was done. Kill it first.', runId),
  launcher_stopped: ({ runId, pid, survivors }, translate) =>
    survivors === 0
      ? translate(
          '{0} will not start, and nothing of it runs. What was made for it goes when pid {1}, which was starting it and is stopped, goes on or ends.',
          runId,
          pid ?? '?',
        )
      : translate(
          '{0} will not start, but {1} of its processes could not be ended. Pid {2}, which was starting it, is stopped.',
          runId,
          survivors,
          pid ?? '?',
        ),
  out_of_sight: ({ runId }, translate) =>
    translate(
      '{0} runs in another container or sandbox, and nothing of it can be seen from here. Try it there.',
      runId,
    ),
  already_replaced: ({ runId, by }, translate) => translate('{0} was started again already, as {1}.', runId, by),
  retry_cancelled: ({ runId }, translate) => translate('{0} is not started again: somebody has killed it.', runId),
  drill_failed: ({ runId, output }, translate) =>
    translate('The tree of the drill {0} did not come to stand, so nothing was shown. It printed: {1}', runId, output),
  disk_full: ({ path }, translate) =>
    translate('The disk is full: {0} could not be written. Free some space, then try again.', path),
  state_folder_not_writable: ({ path, detail }, translate) =>
    translate(
      'The state folder {0} cannot be written ({1}). Make it writable, or name another one in WARDEN_STATE_DIR.',
      path,
      detail,
    ),
  database_newer: ({ path, found, supported }, translate) =>
    translate(
      '{0} was written by a newer Workflow Warden (version {1}; this one knows {2}). Update the extension.',
      path,
      found,
      supported,
    ),
  database_damaged: ({ path, detail }, translate) =>
    translate(
      'The database {0} is damaged ({1}), and could not be made anew. Move it away, then try again.',
      path,
      detail,
    ),
  database_rebuilt: describeRebuilt,
  database_busy: ({ path, waitedMilliseconds }, translate) =>
    translate(
      'Another process has kept {0} locked for {1}. Try again.',
      path,
      describeDuration(waitedMilliseconds, translate),
    ),
  unsupported_runtime: ({ napi, node }, translate) =>
    translate(
      'Node {0} is too old: it offers Node-API {1}, and the database needs 10. Use Node 24, or update VS Code.',
      node,
      napi,
    ),
  untrusted_workspace: ({ folder }, translate) =>
    translate('{0} is not trusted, so nothing is started in it. Trust the workspace first.', folder),
  confirmation_needed: ({ work, paths: { length } }, translate) => {
    if (work === 'repair') {
      return length === 1
        ? translate('One thing would be repaired: say yes to it with --yes, or only look without --repair.')
        : translate('{0} things would be repaired: say yes to it with --yes, or only look without --repair.', length);
    }
    return length === 1
      ? translate('One worktree would be removed: say yes to it with --yes, or only look with --dry-run.')
      : translate('{0} worktrees would be removed: say yes to it with --yes, or only look with --dry-run.', length);
  },
  not_in_a_run: ({ runDirectory, runId }, translate) => {
    if (runId !== null) return translate('WARDEN_RUN_ID is {0}, and there is no such run.', runId);
    return runDirectory === null
      ? translate(
          'This is not in a run (WARDEN_RUN_ID and WARDEN_RUN_DIR are not set), and only a run can say that of itself.',
        )
      : translate('The folder of the run, {0}, is not there, so nobody would learn of this.', runDirectory);
  },
  not_permitted: (facts, translate) => describeRefusal(facts, translate),
  unknown_key: ({ id }, translate) => translate('There is no key "{0}", or it is revoked. See "warden key list".', id),
  unknown_request: ({ id }, translate) => translate('There is no request {0}. See "warden requests".', id),
  request_is_answered: ({ id, state }, translate) => translate('Request {0} is not open any more ({1}).', id, state),
  cannot_look_at_processes: ({ detail }, translate) =>
    translate('The processes of this machine cannot be seen ({0}), so nothing can be proved to have ended.', detail),
  invalid_webhook: ({ path, problem }, translate) => {
    const words = translate(webhookProblems[problem]);
    return path === null ? words : translate('{0}: {1}', path, words);
  },
  cannot_listen: ({ place, detail }, translate) =>
    translate('Requests cannot be taken at {0} ({1}). Name another port or socket.', place, detail),
  no_webhook: (_, translate) => translate('No webhook is set. Set one with "warden webhook set".'),
  notice_given_up: ({ host }, translate) =>
    translate('The webhook at {0} could not be told of this for a day, so it is not told any more.', host),
  webhook_failed: ({ host, status, detail, isTriedAgain }, translate) => {
    const what =
      status === null
        ? translate('The webhook at {0} did not answer ({1}).', host, detail)
        : translate('The webhook at {0} answered {1}.', host, status);
    return isTriedAgain ? translate('{0} It is tried again, for a day.', what) : what;
  },
};

const webhookProblems: Readonly<Record<WebhookProblem, string>> = {
  no_url: 'The URL of the webhook is missing.',
  not_a_url: 'This is not the URL of a webhook.',
  not_https: 'The URL of a webhook begins with https:// (http:// only for this machine).',
  credentials: 'The URL of a webhook has no user name and password in it.',
  not_json: 'This is not JSON with the URL of a webhook.',
  format: 'The format of a webhook is slack or plain.',
  kinds: 'A webhook can be told of stuck, waiting, over_limit, survivors, killed and failed.',
  not_readable: 'The webhook cannot be read by us alone. Remove the file and set the webhook again.',
};

/** As compilers print it, so that terminals and editors make it a link. */
function describeProblem({ file, line, column, key, problem }: WorkflowFileProblem): string {
  return [`${file}:${line}:${column}`, key, problem].filter((part) => part !== '').join(': ');
}

const launchStepTemplates: Readonly<Record<LaunchStep, string>> = {
  queue: 'it could not wait for its turn ({0})',
  ports: 'it could not get its ports ({0})',
  worktree: 'its worktree could not be made ({0})',
  include: 'files could not be copied into its worktree ({0})',
  checkpoint: 'what the run before it had saved could not be handed to it ({0})',
  setup: 'its setup command failed ({0})',
  start: 'its command could not be started ({0})',
};

function launchFailureWords(step: LaunchStep, detail: string, translate: Translate): string {
  return translate(launchStepTemplates[step], detail);
}

/** Why a run is where it is, as part of a sentence. */
export function describeRunReason(reason: RunReason, translate: Translate): string {
  switch (reason.code) {
    case 'killed':
      return withWhy(
        reason.atLimit === true ? translate('ended by Warden') : translate('killed by {0}', reason.by),
        reason.why,
        translate,
      );
    case 'cancelled':
      return withWhy(translate('cancelled by {0} before it started', reason.by), reason.why, translate);
    case 'dependency_ended':
      return reason.status === null
        ? translate('cancelled, since nothing is known any more of {0}, which it waited for', reason.runId)
        : translate('cancelled, since {0}, which it waited for, is {1}', reason.runId, reason.status);
    case 'exit_code':
      return translate('the command ended with exit code {0}', reason.exitCode);
    case 'signal':
      return translate('the command was ended by {0}', reason.signal);
    case 'lost':
      return translate('it vanished: no process is left and no exit code was recorded');
    case 'lost_in_reboot':
      return translate('the machine was restarted while it ran');
    case 'completed_by_hand':
      return withWhy(translate('declared over by {0}', reason.by), reason.why, translate);
    case 'launch_failed':
      return launchFailureWords(reason.step, reason.detail, translate);
    case 'launch_interrupted':
      return translate('whoever was starting it went away');
  }
}

/** What was odd at the launch of a run, as part of a sentence. */
export function describeRunWarning(warning: RunWarning, translate: Translate): string {
  switch (warning.code) {
    case 'nothing_included':
      return translate(
        'nothing that git ignores matches "{0}", so it was not copied into the worktree',
        warning.pattern,
      );
    case 'empty_submodule':
      return translate('the submodule {0} is empty in the worktree: no setup command has filled it', warning.path);
  }
}

/** How far the copying of files is, e.g. `12000 files, 340 MB`. */
export function describeCopied({ files, bytes }: CopyProgress, translate: Translate): string {
  return translate('{0} files, {1}', files, describeBytes(bytes, translate));
}

/** Why a run is not started again, as part of a sentence. */
export function describeRetryStop(stop: RetryStop, translate: Translate): string {
  switch (stop) {
    case 'cancelled':
      return translate('not started again: somebody has killed it');
    case 'used_up':
      return translate('not started again: that was the last attempt');
    case 'fails_at_once':
      return translate('not started again: it ends as soon as it has started, again and again');
    case 'too_late':
      return translate('not started again: nobody did so within an hour of its time');
  }
}

/** What a queued run waits for, as part of a sentence. */
export function describeQueueWait({ place, awaits }: QueueWait, translate: Translate): string {
  return place === null
    ? translate('waiting for {0} to complete', awaits.join(', '))
    : translate('waiting for another run to end, place {0} in the queue', place);
}

function withWhy(words: string, why: string | null, translate: Translate): string {
  return why === null ? words : translate('{0}: {1}', words, why);
}

/** What speaks against the health of a run, as part of a sentence. */
export function describeHealthReason(reason: HealthReason, translate: Translate): string {
  const duration = (minutes: number) => describeDuration(minutes * 60_000, translate);
  switch (reason.code) {
    case 'quiet':
      return translate(
        'no output for {0} and no CPU used; limit {1}',
        duration(reason.minutes),
        duration(reason.limitMinutes),
      );
    case 'repeats':
      if (reason.cpuPercent !== null) {
        return translate(
          'nothing new in its output for {0}, only the same again, and no CPU used but {1} % of a core for that; limit {2}',
          duration(reason.minutes),
          Math.round(reason.cpuPercent),
          duration(reason.limitMinutes),
        );
      }
      return translate(
        'nothing new in its output for {0}, only the same again, and no CPU used; limit {1}',
        duration(reason.minutes),
        duration(reason.limitMinutes),
      );
    case 'waiting':
      return translate('waiting for a person for {0}: {1}', duration(reason.minutes), reason.question);
    case 'heartbeat_stale':
      return translate('no heartbeat for {0}; limit {1}', duration(reason.minutes), duration(reason.limitMinutes));
    case 'memory':
      return translate(
        '{0} of memory; limit {1}',
        describeBytes(reason.bytes, translate),
        describeBytes(reason.limitBytes, translate),
      );
    case 'cpu':
      return translate('{0} % of a core; limit {1} %', Math.round(reason.percent), reason.limitPercent);
    case 'processes':
      return translate('{0} processes; limit {1}', reason.count, reason.limit);
    case 'no_sign_of_life':
      return translate(
        'no output since it started {0} ago; limit {1}',
        duration(reason.minutes),
        duration(reason.limitMinutes),
      );
    case 'over_time':
      return translate('running for {0}; limit {1}', duration(reason.minutes), duration(reason.limitMinutes));
    case 'survivors':
      return reason.count === 1
        ? translate('one process survived the kill')
        : translate('{0} processes survived the kill', reason.count);
    case 'not_watched':
      return translate('nobody has looked at it for {0}', duration(reason.minutes));
  }
}

/** Why a worktree that is no run's stays. */
export function describeOther(kind: OtherWorktree['kind'], translate: Translate): string {
  return kind === 'foreign'
    ? translate('somebody else made it, and it is never touched')
    : translate('prepared for a run to come');
}

/** Why a worktree stays, as part of a sentence. */
export function describeKeepReason(reason: KeepReason, translate: Translate): string {
  switch (reason.code) {
    case 'active':
      return translate('its run is not over ({0})', reason.status);
    case 'persistent':
      return translate('it is marked persistent');
    case 'unknown_run':
      return translate('its run is not in the database');
    case 'unknown_state':
      return translate('git could not tell what is in it');
    case 'locked':
      return reason.reason === '' ? translate('it is locked') : translate('it is locked: {0}', reason.reason);
    case 'occupied':
      return translate('process {0} ({1}) works in it', reason.pid, reason.name);
    case 'dirty':
      return reason.files === 1
        ? translate('one file is not committed')
        : translate('{0} files are not committed', reason.files);
    case 'unpushed':
      return reason.commits === 1
        ? translate('one commit is on its branch alone')
        : translate('{0} commits are on its branch alone', reason.commits);
    case 'by_hand_only':
      return translate('its workflow wants it removed by hand only');
    case 'awaited':
      return reason.by === null
        ? translate('its run is about to be started again')
        : translate('{0} goes on in it', reason.by);
    case 'operation':
      return translate('git is busy in it ({0})', reason.operation);
    case 'too_young':
      return translate(
        'its run ended {0} ago (kept for {1})',
        describeDuration(reason.hours * 3_600_000, translate),
        describeDuration(reason.maxAgeHours * 3_600_000, translate),
      );
    case 'restored_lately':
      return translate(
        'it was restored {0} ago (kept for {1})',
        describeDuration(reason.hours * 3_600_000, translate),
        describeDuration(reason.maxAgeHours * 3_600_000, translate),
      );
    case 'failed':
      return translate('it could not be removed: {0}', reason.detail);
  }
}

/** Where the commits of a worktree are, as part of a sentence; null where it has none of its own. */
export function describeCommits(
  { unpushed, merged }: Pick<WorktreeFacts, 'unpushed' | 'merged'>,
  translate: Translate,
): string | null {
  if (merged) return translate('its commits are merged');
  if (unpushed === null || unpushed === 0) return null;
  return unpushed === 1
    ? translate('one commit is on its branch alone')
    : translate('{0} commits are on its branch alone', unpushed);
}

/** How a kill went, in one sentence. */
export function describeKill(report: KillReport, translate: Translate): string {
  return withSections(describeEnd(report, translate), report, translate);
}

/** What came to its end was waited for; what did not is told as it was last seen: under way. */
function withSections(words: string, { waitedFor, interrupted }: KillReport, translate: Translate): string {
  const named = (sections: readonly CriticalSection[]): string =>
    sections.map((section) => describeCriticalSection(section, translate)).join(', ');
  const cut = new Set(interrupted.map((section) => describeCriticalSection(section, translate)));
  const ended = waitedFor.filter((section) => !cut.has(describeCriticalSection(section, translate)));
  const waited = ended.length === 0 ? words : translate('{0}, after waiting for {1}', words, named(ended));
  return interrupted.length === 0 ? waited : translate('{0}, while {1} was under way', waited, named(interrupted));
}

function describeEnd(report: KillReport, translate: Translate): string {
  const { workflowName, survivors } = report;
  if (report.cancelled === 'launch') return translate('Workflow {0} was cancelled before it started', workflowName);
  if (report.cancelled === 'retry') {
    return translate('Workflow {0} had ended by itself, and is not started again', workflowName);
  }
  if (report.success) {
    return translate(killTemplates[report.method], workflowName, hundredths(report.durationMilliseconds / 1000));
  }
  if (survivors.length === 0) return translate('Workflow {0} is not proved to have ended', workflowName);
  const named = survivors.map((survivor) => describeSurvivor(survivor, translate)).join(', ');
  return survivors.length === 1
    ? translate('Workflow {0} is still running: one process survived: {1}', workflowName, named)
    : translate('Workflow {0} is still running: {1} processes survived: {2}', workflowName, survivors.length, named);
}

const killTemplates: Readonly<Record<KillReport['method'], string>> = {
  graceful: 'Workflow {0} gracefully terminated in {1}s',
  forced: 'Workflow {0} terminated by force in {1}s',
  system: 'Workflow {0} had to be killed by the system, in {1}s',
};

/** What a kill waits for, e.g. "git push (pid 4711)". */
export function describeCriticalSection(section: CriticalSection, translate: Translate): string {
  switch (section.kind) {
    case 'git':
      return translate('git {0} (pid {1})', section.operation, section.pid);
    case 'lock':
      return translate('{0} (held by pid {1})', section.path, section.pid);
    case 'declared':
      return section.pid === null ? section.name : translate('{0} (pid {1})', section.name, section.pid);
  }
}

/** How far a stop is, e.g. "asked to end, 3 s of 5 s". */
export function describeStopProgress(progress: StopProgress, translate: Translate): string {
  if (progress.kind === 'survivors') {
    return progress.count === 1
      ? translate('one process survived; it is tried again')
      : translate('{0} processes survived; it is tried again', progress.count);
  }
  const passed = describeDuration(Math.floor(progress.milliseconds / 1000) * 1000, translate);
  const limit = progress.limitMilliseconds === null ? null : describeDuration(progress.limitMilliseconds, translate);
  switch (progress.stage) {
    case 'wait': {
      const sections = progress.sections.map((section) => describeCriticalSection(section, translate)).join(', ');
      return sections === ''
        ? translate('about to be asked to end')
        : translate('waiting for {0}, {1} of {2}', sections, passed, limit ?? '');
    }
    case 'graceful':
      return translate('asked to end, {0} of {1}', passed, limit ?? '');
    case 'forced':
      return translate('its children killed, asked again, {0} of {1}', passed, limit ?? '');
    case 'system':
      return translate('being killed by the system, {0}', passed);
  }
}

/** Also for the `reason` of a survivor in the report. */
export function describeSurvivor(survivor: Survivor, translate: Translate): string {
  return translate('pid {0} ({1}): {2}', survivor.pid, survivor.name, translate(survivalTemplates[survivor.reason]));
}

const survivalTemplates: Readonly<Record<Survivor['reason'], string>> = {
  EPERM: 'not permitted',
  uninterruptible: 'waits for a device',
  alive: 'still alive',
};
