import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type KeepReason,
  lockReason,
  reasonsToKeep,
  type RemovalFacts,
  type WorktreeFacts,
} from '../../../src/core/removal.ts';
import { activeStatuses, isTerminal, runStatuses } from '../../../src/core/run-status.ts';
import type { RunId } from '../../../src/core/run-id.ts';
import { runId } from './a-process.ts';

const hour = 3_600_000;
const now = 1_000 * hour;

const worktree: WorktreeFacts = {
  path: '/home/dev/shop.worktrees/builder-010203040506',
  runId,
  repository: '/home/dev/shop',
  branch: 'warden/builder/010203040506',
  head: 'c0ffee',
  exists: true,
  lock: { reason: lockReason(runId) },
  dirtyFiles: 0,
  unpushed: 0,
  merged: false,
  bytes: 1_000,
  operation: null,
  restored: null,
};

/** Of a run that ended three days ago and left nothing behind. */
function facts(
  some: Omit<Partial<RemovalFacts>, 'worktree'> & { worktree?: Partial<WorktreeFacts> } = {},
): RemovalFacts {
  return {
    run: { status: 'completed', persistent: false, endedAt: now - 72 * hour },
    policy: null,
    awaited: null,
    isAsked: true,
    occupants: [],
    now,
    maxAgeHours: 48,
    force: false,
    ...some,
    worktree: { ...worktree, ...some.worktree },
  };
}

describe('a worktree may go', () => {
  it('when its run is over for long enough and there is nothing in it that its branch does not hold', () => {
    expect(reasonsToKeep(facts())).toEqual([]);
  });

  it('when its folder is gone already', () => {
    expect(reasonsToKeep(facts({ worktree: { exists: false, head: null, dirtyFiles: null } }))).toEqual([]);
  });

  it('when nobody locked it', () => {
    expect(reasonsToKeep(facts({ worktree: { lock: null } }))).toEqual([]);
  });

  it('before its time, with work in it and in the middle of a rebase only when a person insists', () => {
    const unfinished = {
      run: { status: 'killed', persistent: false, endedAt: now },
      worktree: { dirtyFiles: 3, operation: 'rebase' },
    } as const;
    expect(reasonsToKeep(facts(unfinished)).map(({ code }) => code)).toEqual(['too_young', 'operation', 'dirty']);
    expect(reasonsToKeep(facts({ ...unfinished, force: true }))).toEqual([]);
  });
});

describe('a worktree stays', () => {
  it.each<[string, Parameters<typeof facts>[0], KeepReason]>([
    [
      'while its run is not over',
      { run: { status: 'running', persistent: false, endedAt: null } },
      { code: 'active', status: 'running' },
    ],
    [
      'while its run is not over, even if an end is written somewhere',
      { run: { status: 'terminating', persistent: false, endedAt: 0 } },
      { code: 'active', status: 'terminating' },
    ],
    [
      'while it is not known when its run ended',
      { run: { status: 'failed', persistent: false, endedAt: null } },
      { code: 'active', status: 'failed' },
    ],
    ['when it is persistent', { run: { status: 'completed', persistent: true, endedAt: 0 } }, { code: 'persistent' }],
    ['when the database does not know its run: that is no orphan', { run: null }, { code: 'unknown_run' }],
    ['when git could not tell what is changed in it', { worktree: { dirtyFiles: null } }, { code: 'unknown_state' }],
    ['when git could not tell on which commit it is', { worktree: { head: null } }, { code: 'unknown_state' }],
    [
      'when somebody else locked it',
      { worktree: { lock: { reason: 'on a USB stick' } } },
      { code: 'locked', reason: 'on a USB stick' },
    ],
    ['when it is locked without a reason', { worktree: { lock: { reason: '' } } }, { code: 'locked', reason: '' }],
    [
      'when another run locked it',
      { worktree: { lock: { reason: `${lockReason(runId)}0` } } },
      { code: 'locked', reason: `${lockReason(runId)}0` },
    ],
    [
      'when somebody works in it',
      { occupants: [{ pid: 12, name: 'vim' }] },
      { code: 'occupied', pid: 12, name: 'vim' },
    ],
  ])('%s, and no force changes that', (_, some, reason) => {
    expect(reasonsToKeep(facts(some))).toEqual([reason]);
    expect(reasonsToKeep(facts({ ...some, force: true }))).toEqual([reason]);
  });

  it('until its age is reached, to the hour', () => {
    const endedBefore = (hours: number) =>
      facts({ run: { status: 'failed', persistent: false, endedAt: now - hours * hour } });
    expect(reasonsToKeep(endedBefore(48))).toEqual([]);
    expect(reasonsToKeep(endedBefore(47))).toEqual([{ code: 'too_young', hours: 47, maxAgeHours: 48 }]);
    expect(reasonsToKeep(endedBefore(-5))).toEqual([{ code: 'too_young', hours: -5, maxAgeHours: 48 }]);
  });

  it('until its age is reached since it was restored, however long its run has been over', () => {
    const restoredBefore = (hours: number) =>
      facts({ worktree: { restored: { checkpoint: 'ref', at: now - hours * hour } } });
    expect(reasonsToKeep(restoredBefore(1))).toEqual([{ code: 'restored_lately', hours: 1, maxAgeHours: 48 }]);
    expect(reasonsToKeep(restoredBefore(50))).toEqual([]);
    expect(reasonsToKeep(restoredBefore(500))).toEqual([]);
  });

  it('when the age that was asked for is no number', () => {
    expect(reasonsToKeep(facts({ maxAgeHours: Number.NaN })).map(({ code }) => code)).toEqual(['too_young']);
  });
});

describe('whatever was found out about a worktree', () => {
  const anyFacts: fc.Arbitrary<RemovalFacts> = fc.record({
    worktree: fc.record({
      path: fc.constant(worktree.path),
      runId: fc.constant(runId),
      repository: fc.constant(worktree.repository),
      branch: fc.option(fc.constant('warden/builder/010203040506')),
      head: fc.option(fc.constant('c0ffee')),
      exists: fc.boolean(),
      lock: fc.option(fc.record({ reason: fc.oneof(fc.constant(lockReason(runId)), fc.string()) })),
      dirtyFiles: fc.option(fc.nat({ max: 3 })),
      unpushed: fc.option(fc.nat({ max: 3 })),
      merged: fc.boolean(),
      bytes: fc.option(fc.nat()),
      operation: fc.option(fc.constantFrom('rebase', 'merge')),
      restored: fc.option(
        fc.record({ checkpoint: fc.constant('ref'), at: fc.integer({ min: now - 100 * hour, max: now + hour }) }),
      ),
    }),
    run: fc.option(
      fc.record({
        status: fc.constantFrom(...runStatuses),
        persistent: fc.boolean(),
        endedAt: fc.option(fc.integer({ min: now - 100 * hour, max: now + hour })),
      }),
    ),
    policy: fc.option(fc.constantFrom('never', 'whenClean', 'always')),
    awaited: fc.option(fc.constantFrom<'retry' | RunId>('retry', runId)),
    isAsked: fc.boolean(),
    occupants: fc.array(fc.record({ pid: fc.integer({ min: 2 }), name: fc.string() }), { maxLength: 2 }),
    now: fc.constant(now),
    maxAgeHours: fc.oneof(fc.integer({ min: 0, max: 100 }), fc.constant(Number.NaN)),
    force: fc.boolean(),
  });

  /** Holds for every worktree that may go. */
  function promise(words: string, holds: (facts: RemovalFacts) => boolean): void {
    it(words, () => {
      fc.assert(
        fc.property(anyFacts, (facts) => reasonsToKeep(facts).length > 0 || holds(facts)),
        { numRuns: 2_000 },
      );
    });
  }

  promise(
    'none goes of a run that is unknown or not over',
    ({ run }) => run !== null && isTerminal(run.status) && run.endedAt !== null,
  );
  promise('none goes that is persistent', ({ run }) => run?.persistent === false);
  promise(
    'none goes that somebody else locked',
    ({ worktree: { lock } }) => lock === null || lock.reason === lockReason(runId),
  );
  promise('none goes that somebody works in', ({ occupants }) => occupants.length === 0);
  promise(
    'none goes of which it is unknown what is in it',
    ({ worktree: { exists, head, dirtyFiles } }) => !exists || (head !== null && dirtyFiles !== null),
  );
  promise(
    'none goes early or with work in it unless a person insists',
    ({ force, worktree: { dirtyFiles, operation }, run, maxAgeHours }) =>
      force || ((dirtyFiles ?? 0) === 0 && operation === null && now - (run?.endedAt ?? now) >= maxAgeHours * hour),
  );

  promise(
    'none goes by itself that holds commits of its own, unless its workflow insists, or of which that is unknown',
    ({ isAsked, force, worktree: { unpushed } }) => isAsked || (unpushed !== null && (force || unpushed === 0)),
  );
  promise(
    'none goes by itself that its workflow wants to stay, or that is to be started again',
    ({ isAsked, policy, awaited }) => isAsked || (policy !== 'never' && awaited === null),
  );
  promise('none goes in which another run is about to go on', ({ awaited }) => awaited === null || awaited === 'retry');

  it('force only ever takes reasons away, and none of those that it may not override', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const asked = reasonsToKeep({ ...facts, force: false });
        const insisted = reasonsToKeep({ ...facts, force: true });
        const overridden = asked.filter(
          (reason) => !insisted.some((other) => JSON.stringify(other) === JSON.stringify(reason)),
        );
        expect(asked.length - overridden.length).toBe(insisted.length);
        const unexpected = overridden.filter(
          ({ code }) => !['too_young', 'restored_lately', 'dirty', 'operation', 'unpushed'].includes(code),
        );
        expect(unexpected).toEqual([]);
      }),
    );
  });

  it('every status that is not over keeps it', () => {
    for (const status of activeStatuses) {
      const codes = reasonsToKeep(facts({ run: { status, persistent: false, endedAt: null }, force: true })).map(
        ({ code }) => code,
      );
      expect(codes, status).toEqual(['active']);
    }
  });
});
