import type { Impact, Observed, UncommittedFiles } from './impact.ts';
import { describeCriticalSection, describeDuration } from './messages.ts';
import type { CriticalSection } from './critical-section.ts';
import { isTerminal } from './run-status.ts';
import type { Translate } from './translate.ts';

/** What a kill of a run would cut off or leave alone, one fact a line, and what of that is not known. */
export function describeImpact(impact: Impact, translate: Translate): readonly string[] {
  return [
    ...words(impact.underWay, underWayWords, 'what is under way in it', translate),
    ...words(impact.files, fileWords, 'what is not committed', translate),
    ...words(impact.commits, commitWords, 'which commits are nowhere else', translate),
    ...childWords(impact.children, translate),
  ];
}

/** What a run is up to, e.g. "running for 12 min, 4 processes", or that it is over. */
export function describeActivity(impact: Impact, translate: Translate): string {
  const { runningMilliseconds: milliseconds, processes, status, isRetryAwaited } = impact;
  if (milliseconds === null) {
    return isTerminal(status) ? translate('over ({0}), never started', status) : translate('not started yet');
  }
  const duration = describeDuration(Math.round(milliseconds / 1000) * 1000, translate);
  if (isRetryAwaited) return translate('over ({0}) after {1}, and to be started again', status, duration);
  if (isTerminal(status)) return translate('over ({0}) after {1}', status, duration);
  const since =
    status === 'terminating' ? translate('being ended, after {0}', duration) : translate('running for {0}', duration);
  if (processes.state === 'unknown') return translate('{0}, processes not known: {1}', since, processes.detail);
  return processes.value === 1
    ? translate('{0}, one process', since)
    : translate('{0}, {1} processes', since, processes.value);
}

/** What nobody has to worry about, where a person is asked. */
export function describeWhatStays(translate: Translate): string {
  return translate('Worktrees and branches stay, and what is not committed is kept in a checkpoint.');
}

function words<Value>(
  fact: Observed<Value>,
  describe: (value: Value, translate: Translate) => readonly string[],
  name: string,
  translate: Translate,
): readonly string[] {
  return fact.state === 'observed'
    ? describe(fact.value, translate)
    : [translate('{0} is not known: {1}', translate(name), fact.detail)];
}

function underWayWords(sections: readonly CriticalSection[], translate: Translate): readonly string[] {
  return sections.map((section) => translate('{0} is under way', describeCriticalSection(section, translate)));
}

function fileWords({ tracked, untracked }: UncommittedFiles, translate: Translate): readonly string[] {
  const all = tracked + untracked;
  if (all === 0) return [];
  if (all === 1)
    return [untracked === 1 ? translate('one new file is not committed') : translate('one file is not committed')];
  if (untracked === 0) return [translate('{0} files are not committed', all)];
  return [
    tracked === 0
      ? translate('{0} new files are not committed', all)
      : translate('{0} files are not committed, {1} of them new', all, untracked),
  ];
}

function commitWords(commits: number, translate: Translate): readonly string[] {
  if (commits === 0) return [];
  return [
    commits === 1
      ? translate('one commit is on its branch alone, and not pushed')
      : translate('{0} commits are on its branch alone, and not pushed', commits),
  ];
}

function childWords(children: readonly string[], translate: Translate): readonly string[] {
  if (children.length === 0) return [];
  return [
    children.length === 1
      ? translate('one run that it started goes on: {0}', children.join(', '))
      : translate('{0} runs that it started go on: {1}', children.length, children.join(', ')),
  ];
}
