import { describe, expect, it } from 'vitest';
import { plainEnglish } from '../../../src/core/translate.ts';
import { type ConcerningRun, concerning, newsKinds, type WatchedRun } from '../../../src/extension/attention.ts';
import { commands } from '../../../src/extension/identifiers.ts';
import { noticeOf } from '../../../src/extension/news-words.ts';
import { runId } from '../core/a-process.ts';
import { aStop, aWorkflow, killedAt } from '../core/a-run.ts';
import { aWatchedRun, ill, nearTimeLimit, overTime, question, quiet, stuck, tooMuchMemory } from './watched-run.ts';

const now = killedAt;

function concerned(...runs: readonly WatchedRun[]): ConcerningRun[] {
  return concerning(runs, { wanted: new Set(newsKinds), now, since: 0 });
}

/** A notification as text: `what it says [Button] [Button]`. */
function said(...runs: readonly WatchedRun[]): string {
  const { text, actions } = noticeOf(concerned(...runs), now, plainEnglish);
  return [text, ...actions.map(({ title }) => `[${title}]`)].join(' ');
}

const inTwelveMinutes = new Date(now + 12 * 60_000).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
const ended = { endedAt: killedAt, message: '' } as const;

describe('a notification', () => {
  it.each<[string, Parameters<typeof aWatchedRun>]>([
    [
      'builder (Fix the tests) is stuck: no output for 6 min and no CPU used; limit 5 min. [Kill] [Restart] [Open Log] [Snooze…]',
      [{}, stuck],
    ],
    ['builder waits for you: Overwrite? [y/N] [Open Log] [Kill] [Snooze…]', [{ message: '' }, ill(question)]],
    [
      `builder will be killed at its time limit, in 12 min (${inTwelveMinutes}). [+15 min] [+30 min] [+1 h] [Kill Now] [Open Log]`,
      [{ message: '' }, ill(nearTimeLimit)],
    ],
    [
      `builder will be restarted at its time limit, in 12 min (${inTwelveMinutes}). [+15 min] [+30 min] [+1 h] [Kill Now] [Open Log]`,
      [{ message: '', workflow: { ...aWorkflow, onTimeout: 'restart' } }, ill(nearTimeLimit)],
    ],
    [
      'builder is over its time: running for 1 h 1 min; limit 1 h. [More Time…] [Kill] [Open Log] [Snooze…]',
      [{ message: '' }, ill(overTime)],
    ],
    [
      'builder is over a limit: 5 GB of memory; limit 4 GB. [Kill] [Restart] [Open Log] [Snooze…]',
      [{ message: '' }, ill(tooMuchMemory)],
    ],
    [
      'builder needs you: 5 GB of memory; limit 4 GB; no output for 6 min and no CPU used; limit 5 min. [Kill] [Restart] [Open Log] [Snooze…]',
      [{ message: '' }, ill(tooMuchMemory, quiet)],
    ],
    [
      'builder is not dead: one process survived the kill. [Force Kill] [Open Log] [Snooze…]',
      [{ message: '', status: 'terminating', stop: aStop() }, ill({ code: 'survivors', count: 1, level: 'critical' })],
    ],
    [
      'builder failed: the command ended with exit code 1. [Restart] [Open Log]',
      [{ ...ended, status: 'failed', reason: { code: 'exit_code', exitCode: 1 } }],
    ],
    [
      'builder was ended by Warden: running for 1 h; limit 1 h. [Restart] [Open Log]',
      [
        {
          ...ended,
          status: 'terminated',
          reason: { code: 'killed', by: 'dev', why: 'running for 1 h; limit 1 h', atLimit: true },
        },
      ],
    ],
  ])('says: %s', (expected, watched) => {
    expect(said(aWatchedRun(...watched))).toBe(expected);
  });

  it('of several runs says of each in a word what is the matter', () => {
    const one = aWatchedRun({ workflowName: 'hung' }, stuck);
    const other = aWatchedRun({ workflowName: 'asker', message: '' }, ill(question));
    const broken = aWatchedRun({ ...ended, workflowName: 'broken', status: 'failed', reason: { code: 'lost' } });
    expect(said(one, other)).toBe(
      '2 runs need you: hung (Fix the tests) is stuck; asker waits for you. [Show] [Snooze…]',
    );
    expect(said(one, broken)).toBe('2 runs: hung (Fix the tests) is stuck; broken failed. [Show] [Snooze…]');
    expect(said(broken, broken)).toBe('2 runs: broken failed; broken failed. [Show]');
    expect(said(other, other, other, other, other, other)).toMatch(
      /^6 runs need you: (asker waits for you; ){4}and 2 more\./,
    );
  });

  it('gives more time at a click', () => {
    const { actions } = noticeOf(concerned(aWatchedRun({}, ill(nearTimeLimit))), now, plainEnglish);
    expect(actions[1]).toEqual({ title: '+30 min', command: commands.extendRun, arguments: [runId, 30] });
    expect(actions[3]).toEqual({ title: 'Kill Now', command: commands.killRun, arguments: [runId] });
  });

  it('makes no link of what a run or a person wrote, and cuts what is long', () => {
    const evil = { ...question, question: '[Continue?](command:evil) [y/N]' };
    expect(said(aWatchedRun({ message: 'x'.repeat(50) }, ill(evil)))).toBe(
      `builder (${'x'.repeat(39)}…) waits for you: [Continue?] (command:evil) [y/N] [Open Log] [Kill] [Snooze…]`,
    );
  });
});
