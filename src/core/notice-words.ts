import type { LaunchStep } from './errors.ts';
import type { Notice, NoticeKind } from './notice.ts';
import { describeDuration } from './quantities.ts';
import type { Translate } from './translate.ts';

const templates: Readonly<Record<NoticeKind, string>> = {
  stuck: '{0} in {1} is stuck: {2}',
  waiting: '{0} in {1} needs an answer: {2}',
  over_limit: '{0} in {1} is over its limit: {2}',
  survivors: '{0} in {1} is still running: {2}',
  killed: '{0} in {1} is over: {2}',
  failed: '{0} in {1} failed: {2}',
};

/**
 * A notice in one line, e.g. "builder in shop is stuck: no output for 12 min and no CPU used; limit 5 min
 * (run_5fbae44ab6f0, after 12 min, 2025-06-16 13:33 UTC)". The same however late it is told.
 */
export function describeNotice(notice: Notice, translate: Translate): string {
  const { kind, at, runId, workflowName, repository, reasons, startedAt } = notice;
  const what = translate(templates[kind], workflowName, repository, reasons.join('; '));
  const time = `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return startedAt === null
    ? translate('{0} ({1}, {2})', what, runId, time)
    : translate('{0} ({1}, after {2}, {3})', what, runId, describeDuration(at - startedAt, translate), time);
}

/** Without what it asks. */
export function describeWaiting(minutes: number, translate: Translate): string {
  return translate('waiting for a person for {0}', describeDuration(minutes * 60_000, translate));
}

const launchSteps: Readonly<Record<LaunchStep, string>> = {
  queue: 'it could not wait for its turn',
  ports: 'it could not get its ports',
  worktree: 'its worktree could not be made',
  include: 'files could not be copied into its worktree',
  checkpoint: 'what the run before it had saved could not be handed to it',
  setup: 'its setup command failed',
  start: 'its command could not be started',
};

/** Why a launch failed, without what the tool said. */
export function describeLaunchStep(step: LaunchStep, translate: Translate): string {
  return translate(launchSteps[step]);
}
