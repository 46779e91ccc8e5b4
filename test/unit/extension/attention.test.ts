import { describe, expect, it } from 'vitest';
import {
  concerning,
  type ConcernOptions,
  needsPerson,
  newsAmong,
  newsKinds,
} from '../../../src/extension/attention.ts';
import { otherRunId, runId } from '../core/a-process.ts';
import { aStop, aWorkflow, killedAt } from '../core/a-run.ts';
import { aWatchedRun, ill, nearTimeLimit, overTime, question, quiet, stuck, tooMuchMemory } from './watched-run.ts';

const survivors = { code: 'survivors', count: 1, level: 'critical' } as const;
const notified = { ...aWorkflow, onTimeout: 'notify' } as const;

describe('a person', () => {
  it.each<[string, boolean, Parameters<typeof aWatchedRun>]>([
    ['is well', false, []],
    ['is stuck', true, [{}, stuck]],
    ['is stuck and snoozed', false, [{}, { ...stuck, snoozed: true }]],
    ['is suspicious', false, [{}, ill({ ...quiet, level: 'warning' })]],
    ['waits for an answer', true, [{}, ill(question)]],
    ['is near its time limit', false, [{}, ill(nearTimeLimit)]],
    ['is over its memory', true, [{}, ill(tooMuchMemory)]],
    ['was stuck, and is being killed for it', false, [{ status: 'terminating', stop: aStop() }, stuck]],
    ['survived its kill', true, [{ status: 'terminating', stop: aStop() }, ill(quiet, survivors)]],
    ['was stuck when it was killed', false, [{ status: 'killed', endedAt: killedAt }, stuck]],
  ])('is needed where a run %s: %s', (_what, isNeeded, watched) => {
    expect(needsPerson(aWatchedRun(...watched))).toBe(isNeeded);
  });
});

const options: ConcernOptions = { wanted: new Set(newsKinds), now: killedAt + 60_000, since: killedAt - 60_000 };
const failed = { status: 'failed', endedAt: killedAt, reason: { code: 'exit_code', exitCode: 1 } } as const;
const retry = { attempts: 2, backoffSeconds: 120 };

describe('people are told', () => {
  it.each<[string, string, Parameters<typeof aWatchedRun>, Partial<ConcernOptions>?]>([
    ['is well', '', []],
    ['is stuck', 'stuck stuck', [{}, stuck]],
    ['only repeats itself', 'stuck stuck', [{}, ill({ ...quiet, code: 'repeats', cpuPercent: null })]],
    ['is snoozed', '', [{}, { ...stuck, snoozed: true }]],
    ['waits for an answer', 'waiting waiting Overwrite? [y/N]', [{}, ill(question)]],
    ['is stuck and over its time', 'stuck stuck, limits over_time', [{}, ill(quiet, overTime)]],
    ['will be killed soon', 'limits ending', [{}, ill(nearTimeLimit)]],
    ['is near a limit that ends nothing', '', [{ workflow: notified }, ill(nearTimeLimit)]],
    ['is near its limit, but is being killed', '', [{ stop: aStop(), status: 'terminating' }, ill(nearTimeLimit)]],
    ['survived its kill', 'stuck survivors', [{ status: 'terminating', stop: aStop() }, ill(survivors)]],
    ['failed', 'failed failed', [failed]],
    ['failed long ago', '', [failed], { since: killedAt }],
    ['failed and was snoozed', '', [failed, { snoozed: true }]],
    ['failed and is retried soon', '', [{ ...failed, workflow: { ...aWorkflow, retry } }]],
    ['failed in its last retry', 'failed failed', [{ ...failed, workflow: { ...aWorkflow, retry }, retryNumber: 2 }]],
    ['was declared failed', '', [{ ...failed, reason: { code: 'completed_by_hand', by: 'dev', why: null } }]],
    ['completed', '', [{ status: 'completed', endedAt: killedAt }]],
    [
      'was killed by somebody',
      '',
      [{ status: 'killed', endedAt: killedAt, reason: { code: 'killed', by: 'dev', why: null } }],
    ],
    [
      'was ended at a limit',
      'killed killed',
      [
        {
          status: 'terminated',
          endedAt: killedAt,
          reason: { code: 'killed', by: 'dev', why: 'running for 1 h', atLimit: true },
        },
      ],
    ],
    ['is stuck, which nobody wants to hear', '', [{}, stuck], { wanted: new Set(['waiting']) }],
  ])('of a run that %s: %s', (_what, expected, watched, some = {}) => {
    const [concerned] = concerning([aWatchedRun(...watched)], { ...options, ...some });
    expect((concerned?.concerns ?? []).map(({ kind, state }) => `${kind} ${state}`).join(', ')).toBe(expected);
  });

  it('nothing of a failed run that another one has taken the place of', () => {
    const again = aWatchedRun({ runId: otherRunId, restartedFrom: runId });
    expect(concerning([aWatchedRun(failed), again], options)).toEqual([]);
  });

  it('once for a run and state, and again after a recovery', () => {
    let before = concerning([], options);
    const told = (...watched: Parameters<typeof aWatchedRun>): boolean => {
      const concerned = concerning([aWatchedRun(...watched)], options);
      const news = newsAmong(before, concerned);
      before = concerned;
      return news.length > 0;
    };
    expect([
      told({}, stuck),
      told({}, ill({ ...quiet, minutes: 7 })),
      told({}, ill(question)),
      told({}, ill({ ...question, minutes: 2 })),
      told({}, ill({ ...question, question: 'Continue? [y/N]' })),
      told({}, ill(overTime)),
      told({}, ill(overTime, quiet)),
      told({}, ill(quiet)),
      told(),
      told({}, ill(quiet)),
    ]).toEqual([true, false, true, false, true, true, true, false, false, true]);
  });
});
