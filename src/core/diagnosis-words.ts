import type { Finding, FindingCode, FindingOf } from './diagnosis.ts';
import { describeBytes, describeDuration, describeKeepReason } from './messages.ts';
import type { Translate } from './translate.ts';

export interface FindingWords {
  /** What was observed, and why that is a problem. */
  readonly detail: string;
  /** What a repair does, or what a person can do where none is safe. */
  readonly remedy: string;
}

export function describeFinding<Code extends FindingCode>(finding: FindingOf<Code>, translate: Translate): FindingWords;
export function describeFinding(finding: Finding, translate: Translate): FindingWords;
export function describeFinding<Code extends FindingCode>(
  finding: FindingOf<Code>,
  translate: Translate,
): FindingWords {
  const [detail, remedy] = words[finding.code](finding, translate);
  return { detail, remedy };
}

/** What a finding is about: the sections of a report, in their order. */
export const findingAreas = ['runs', 'worktrees', 'checkpoints', 'state', 'machine'] as const;

export type FindingArea = (typeof findingAreas)[number];

const areas: Readonly<Record<FindingCode, FindingArea>> = {
  lost_run: 'runs',
  interrupted_launch: 'runs',
  orphan_process: 'runs',
  unknown_process: 'runs',
  abandoned_lease: 'runs',
  unregistered_folder: 'worktrees',
  undeleted_worktree: 'worktrees',
  missing_worktree: 'worktrees',
  unfinished_worktree: 'worktrees',
  foreign_unfinished_worktree: 'worktrees',
  foreign_worktrees: 'worktrees',
  stale_lock: 'worktrees',
  damaged_worktree: 'worktrees',
  branch_of_unknown_run: 'worktrees',
  lost_checkpoint: 'checkpoints',
  unrecorded_checkpoint: 'checkpoints',
  damaged_checkpoint: 'checkpoints',
  checkpoints_of_unknown_run: 'checkpoints',
  folder_without_run: 'state',
  run_without_folder: 'state',
  temporary_files: 'state',
  damaged_database: 'state',
  old_backup: 'state',
  damaged_backup: 'state',
  large_log: 'state',
  kept_changes: 'state',
  open_permissions: 'state',
  low_disk: 'machine',
  old_git: 'machine',
  no_subreaper: 'machine',
  no_control_group: 'machine',
  not_known: 'machine',
};

export function areaOf({ code }: Pick<Finding, 'code'>): FindingArea {
  return areas[code];
}

type Words = readonly [detail: string, remedy: string];

const words: { readonly [Code in FindingCode]: (finding: FindingOf<Code>, translate: Translate) => Words } = {
  lost_run: ({ runId, pid }, translate) => [
    pid === null
      ? translate('{0} counts as running, and none of its processes is there.', runId)
      : translate(
          '{0} counts as running, and neither its command (pid {1}) nor any other process of it is there.',
          runId,
          pid,
        ),
    translate('take its exit record, or mark it as failed where there is none'),
  ],
  interrupted_launch: ({ runId }, translate) => [
    translate('{0} is being started, and whoever did that is gone.', runId),
    translate('take the launch back, or put it back into its queue'),
  ],
  orphan_process: ({ runId, pid, name, overMilliseconds }, translate) => [
    translate(
      'pid {0} ({1}) belongs to {2}, which has been over for {3}: it works on unseen.',
      pid,
      name,
      runId,
      describeDuration(overMilliseconds, translate),
    ),
    translate('end it and all that it started, and look again'),
  ],
  unknown_process: ({ runId, pid, name, isOurs }, translate) => [
    isOurs
      ? translate(
          'pid {0} ({1}) says that it belongs to {2}, which had its folder here and is not known any more.',
          pid,
          name,
          runId,
        )
      : translate('pid {0} ({1}) says that it belongs to {2}, which is not known here.', pid, name, runId),
    translate('it is left alone, since another state folder may know its run; look at it, and end it yourself'),
  ],
  unregistered_folder: ({ path }, translate) => [
    translate('{0} lies among the worktrees, and git knows no worktree there.', path),
    translate('it is left alone; look at what is in it, then "git worktree repair" it or remove it yourself'),
  ],
  undeleted_worktree: ({ path }, translate) => [
    translate('{0} was removed and still takes room on the disk: it is being deleted right now, or cannot be.', path),
    translate('delete it; its work was kept before it was removed'),
  ],
  missing_worktree: ({ path, runId, reasons }, translate) => [
    translate('the worktree {0} of {1} is registered in git, and its folder is gone.', path, runId),
    reasons.length === 0
      ? translate('make git forget it; commits that are nowhere else are kept in a checkpoint first')
      : translate('it is left alone: {0}', reasons.map((reason) => describeKeepReason(reason, translate)).join('; ')),
  ],
  unfinished_worktree: ({ path, branch, runId, isRepairable }, translate) => [
    translate('the worktree {0} of {1} was begun and never finished.', path ?? branch, runId),
    isRepairable
      ? translate('take back what there is of it: it never held any work')
      : translate('it is left alone, since its run is not known here'),
  ],
  foreign_unfinished_worktree: ({ path }, translate) => [
    translate('git was stopped while it made the worktree {0}, which is not ours, and keeps it locked.', path),
    translate('remove it yourself with "git worktree remove -f -f"'),
  ],
  foreign_worktrees: ({ repository, count }, translate) => [
    translate('{0} has {1} worktrees that were not made here.', repository, count),
    translate('they are never touched'),
  ],
  stale_lock: ({ path, runId, isRepairable }, translate) => [
    translate('nobody uses the lock {0}, which {1} left; git refuses to work while it is there.', path, runId),
    isRepairable
      ? translate('remove it, after one more look that nobody uses it')
      : translate('it is left alone while its run is not known to be over'),
  ],
  damaged_worktree: ({ path, detail }, translate) => [
    translate('git cannot go on in {0}: {1}', path, detail),
    translate('it is left alone; "warden restore" brings its last checkpoint back into a new worktree'),
  ],
  lost_checkpoint: ({ ref, commit }, translate) => [
    translate('the checkpoint {0} is recorded, and git has it no more.', ref),
    translate(
      'give it its ref again if all of its commit {0} is still there; else forget the record, the audit log keeps it',
      commit,
    ),
  ],
  unrecorded_checkpoint: ({ ref, isRepairable }, translate) => [
    translate('the checkpoint {0} is in git, and nothing is recorded of it.', ref),
    isRepairable ? translate('record it') : translate('it is left alone, since it cannot be read'),
  ],
  damaged_checkpoint: ({ ref, detail }, translate) => [
    translate('the checkpoint {0} is not whole, so that not all of it can be restored: {1}', ref, detail),
    translate('fetch the missing objects from a clone that has them, or take a new one with "warden checkpoint"'),
  ],
  checkpoints_of_unknown_run: ({ runId, repository, count }, translate) => [
    translate('{0} has {1} checkpoints of {2}, which is not known here.', repository, count, runId),
    translate('they are left alone, since they may be all that is left of its work'),
  ],
  branch_of_unknown_run: ({ branch, repository }, translate) => [
    translate('{0} has the branch {1}, whose run is not known here.', repository, branch),
    translate('it is left alone; merge or delete it yourself'),
  ],
  folder_without_run: ({ runId }, translate) => [
    translate('{0} has a folder, and the database does not know it.', runId),
    translate('it is left alone; its log and its message are in it'),
  ],
  run_without_folder: ({ runId }, translate) => [
    translate('{0} is known, and its folder with its log is gone.', runId),
    translate('its history stays; there is nothing to mend'),
  ],
  temporary_files: ({ runId }, translate) => [
    translate('{0} is over and has no worktree, and its temporary files are still there.', runId),
    translate('remove them'),
  ],
  damaged_database: ({ path, detail }, translate) => [
    translate('the database {0} is damaged: {1}', path, detail),
    translate('set it aside, and restore it from the newest good backup, the run folders and what of it can be read'),
  ],
  old_backup: ({ path, at, ageMilliseconds }, translate) => [
    at === null
      ? translate(
          'there is no backup of {0}, which is {1} old, although somebody watches.',
          path,
          describeDuration(ageMilliseconds, translate),
        )
      : translate(
          'the last backup of {0} is {1} old, although somebody watches.',
          path,
          describeDuration(ageMilliseconds, translate),
        ),
    translate(
      'one is tried every ten minutes; the log of the window or "warden watch" says what keeps it from being taken',
    ),
  ],
  damaged_backup: ({ path, detail }, translate) => [
    translate('the backup {0} is damaged: {1}', path, detail),
    translate(
      'nothing has to be done: another one is used, and it goes when newer ones are taken; see whether the disk is sound',
    ),
  ],
  large_log: ({ path, bytes }, translate) => [
    translate(
      '{0} has grown to {1}, since somebody has been reading the database all the time.',
      path,
      describeBytes(bytes, translate),
    ),
    translate('close all windows and commands: the last one empties it'),
  ],
  kept_changes: ({ count }, translate) => [
    translate('{0} changes are kept in the run folders, since the database could not take them.', count),
    translate('they are offered to it again by themselves; see what keeps it from taking them'),
  ],
  open_permissions: ({ path, mode }, translate) => [
    translate('others may look into {0} (mode {1}), which may hold secrets.', path, mode.toString(8).padStart(4, '0')),
    translate('take all rights on it from others'),
  ],
  low_disk: ({ path, freeBytes }, translate) => [
    translate('only {1} are free where {0} is.', path, describeBytes(freeBytes, translate)),
    translate('make room, for example with "warden cleanup"'),
  ],
  abandoned_lease: ({ holder, ageMilliseconds, isGone, activeRuns }, translate) => [
    isGone
      ? translate('pid {0}, which watched over the runs, is gone; {1} runs are under way.', holder.pid, activeRuns)
      : translate(
          'pid {0}, which watches over the runs, has not shown itself for {1}; {2} runs are under way.',
          holder.pid,
          describeDuration(ageMilliseconds, translate),
          activeRuns,
        ),
    isGone
      ? translate('give the watch free; a window or "warden watch" takes it')
      : translate('it is left alone; a window or "warden watch" takes over by itself'),
  ],
  old_git: ({ found, needed }, translate) => [
    translate('git is {0}, and worktrees cannot be made with less than {1}.', found, needed),
    translate('install a newer git'),
  ],
  no_subreaper: (_, translate) => [
    translate('neither perl nor python3 was found: a daemon that empties its environment may escape a kill.'),
    translate('install one of them'),
  ],
  no_control_group: (_, translate) => [
    translate(
      'runs get no control group of their own here: what they start is found by its ancestry and environment alone.',
    ),
    translate("nothing has to be done; under the user's systemd runs get one"),
  ],
  not_known: ({ about, detail }, translate) => [
    translate('{0} could not be looked at: {1}', about, detail),
    translate('see to that, and look again'),
  ],
};
