import { describeDuration, describeHealthReason, describeRunReason, type Translate } from '../core/messages.ts';
import type { Run } from '../core/run.ts';
import { isTerminal } from '../core/run-status.ts';
import { endsIn, type ConcerningRun, needsOf } from './attention.ts';
import { commands, focusRuns } from './identifiers.ts';
import { notificationText } from './notification-text.ts';

/** A notification, and what can be done right from it. */
export interface Notice {
  readonly text: string;
  readonly actions: readonly NoticeAction[];
}

export interface NoticeAction {
  readonly title: string;
  readonly command: string;
  readonly arguments: readonly unknown[];
}

/** Of more runs than these only the number is told. */
const namedAtMost = 4;

/** What a person may have typed as a message is cut after so many characters. */
const messageLength = 40;

/**
 * What people are told of some runs at once, in one notification.
 * @param news at least one
 * @param now epoch milliseconds
 */
export function noticeOf(news: readonly ConcerningRun[], now: number, translate: Translate): Notice {
  const [first, ...others] = news;
  if (first === undefined) throw new RangeError('there is news of one run at least');
  const notice = others.length === 0 ? ofOne(first, now, translate) : ofSeveral(news, translate);
  return { ...notice, text: notificationText(notice.text) };
}

function ofOne(news: ConcerningRun, now: number, translate: Translate): Notice {
  const { run } = news.report;
  const name = nameOf(run);
  const says = (text: string, ...actions: Action[]): Notice => ({
    text,
    actions: actions.map((action) => actionOf(action, run, translate)),
  });
  const reasons = needsOf(news)
    .map((reason) => describeHealthReason(reason, translate))
    .join('; ');
  switch (stateOf(news)) {
    case 'ending':
      return says(endingWords(news, now, translate), '15 min', '30 min', '1 h', 'Kill Now', 'Open Log');
    case 'waiting': {
      const question = questionOf(news);
      return says(translate('{0} waits for you: {1}', name, question), 'Open Log', 'Kill', 'Snooze…');
    }
    case 'stuck':
      return says(translate('{0} is stuck: {1}.', name, reasons), 'Kill', 'Restart', 'Open Log', 'Snooze…');
    case 'over_time':
      return says(translate('{0} is over its time: {1}.', name, reasons), 'More Time…', 'Kill', 'Open Log', 'Snooze…');
    case 'over_limit':
      return says(translate('{0} is over a limit: {1}.', name, reasons), 'Kill', 'Restart', 'Open Log', 'Snooze…');
    case 'survivors':
      return says(translate('{0} is not dead: {1}.', name, reasons), 'Force Kill', 'Open Log', 'Snooze…');
    case 'several':
      return says(translate('{0} needs you: {1}.', name, reasons), 'Kill', 'Restart', 'Open Log', 'Snooze…');
    case 'failed':
      return says(translate('{0} failed: {1}.', name, endWords(run, translate)), 'Restart', 'Open Log');
    case 'killed':
      return says(translate('{0} was {1}.', name, endWords(run, translate)), 'Restart', 'Open Log');
  }
}

function ofSeveral(news: readonly ConcerningRun[], translate: Translate): Notice {
  const said = news.slice(0, namedAtMost).map((one) => briefly(one, translate));
  const rest = news.length - said.length;
  const list = [...said, ...(rest > 0 ? [translate('and {0} more', rest)] : [])].join('; ');
  const alive = news.filter(({ report }) => !isTerminal(report.run.status)).map(({ report }) => report.run.runId);
  const isAllNeedy = news.every((one) => needsOf(one).length > 0);
  return {
    text: isAllNeedy
      ? translate('{0} runs need you: {1}.', news.length, list)
      : translate('{0} runs: {1}.', news.length, list),
    actions: [
      { title: translate('Show'), command: focusRuns, arguments: [] },
      ...(alive.length > 0 ? [{ title: translate('Snooze…'), command: commands.snoozeRun, arguments: [alive] }] : []),
    ],
  };
}

type State =
  | 'ending'
  | 'waiting'
  | 'stuck'
  | 'over_time'
  | 'over_limit'
  | 'survivors'
  | 'several'
  | 'failed'
  | 'killed';

/** What a run is told to be in, all its concerns taken together. */
function stateOf({ concerns }: ConcerningRun): State {
  const [first, ...others] = concerns;
  if (first === undefined) return 'several';
  if (others.length > 0) return concerns.every(({ kind }) => kind === 'limits') ? 'over_limit' : 'several';
  switch (first.kind) {
    case 'stuck':
      return first.state === 'survivors' ? 'survivors' : 'stuck';
    case 'limits':
      return first.state === 'ending' || first.state === 'over_time' ? first.state : 'over_limit';
    case 'waiting':
    case 'failed':
    case 'killed':
      return first.kind;
  }
}

function briefly(news: ConcerningRun, translate: Translate): string {
  return translate(briefTemplates[stateOf(news)], nameOf(news.report.run));
}

const briefTemplates: Readonly<Record<State, string>> = {
  ending: '{0} is near its time limit',
  waiting: '{0} waits for you',
  stuck: '{0} is stuck',
  over_time: '{0} is over its time',
  over_limit: '{0} is over a limit',
  survivors: '{0} is not dead',
  several: '{0} needs you',
  failed: '{0} failed',
  killed: '{0} was ended by Warden',
};

function endingWords(news: ConcerningRun, now: number, translate: Translate): string {
  const { run } = news.report;
  const left = Math.max(0, endsIn(news) ?? 0);
  const at = new Date(now + left).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  const inSeconds = describeDuration(Math.round(left / 1000) * 1000, translate);
  return run.workflow.onTimeout === 'restart'
    ? translate('{0} will be restarted at its time limit, in {1} ({2}).', nameOf(run), inSeconds, at)
    : translate('{0} will be killed at its time limit, in {1} ({2}).', nameOf(run), inSeconds, at);
}

function endWords({ reason }: Run, translate: Translate): string {
  return reason === null ? '' : describeRunReason(reason, translate);
}

function questionOf(news: ConcerningRun): string {
  const waiting = needsOf(news).find(({ code }) => code === 'waiting');
  return waiting?.code === 'waiting' ? waiting.question : '';
}

/** Two runs of one workflow are told apart by what they were asked to do. */
function nameOf({ workflowName, message }: Run): string {
  const [line = ''] = message.trim().split('\n');
  if (line === '') return workflowName;
  return `${workflowName} (${line.length > messageLength ? `${line.slice(0, messageLength - 1).toWellFormed()}…` : line})`;
}

type Action =
  | '15 min'
  | '30 min'
  | '1 h'
  | 'More Time…'
  | 'Kill'
  | 'Kill Now'
  | 'Force Kill'
  | 'Restart'
  | 'Open Log'
  | 'Snooze…';

const actionCommands: Readonly<Record<Action, { readonly command: string; readonly minutes?: number }>> = {
  '15 min': { command: commands.extendRun, minutes: 15 },
  '30 min': { command: commands.extendRun, minutes: 30 },
  '1 h': { command: commands.extendRun, minutes: 60 },
  'More Time…': { command: commands.extendRun },
  Kill: { command: commands.killRun },
  'Kill Now': { command: commands.killRun },
  'Force Kill': { command: commands.forceKillRun },
  Restart: { command: commands.restartRun },
  'Open Log': { command: commands.openLog },
  'Snooze…': { command: commands.snoozeRun },
};

function actionOf(action: Action, { runId }: Run, translate: Translate): NoticeAction {
  const { command, minutes } = actionCommands[action];
  return minutes === undefined
    ? { title: translate(action), command, arguments: [runId] }
    : { title: translate('+{0}', action), command, arguments: [runId, minutes] };
}
