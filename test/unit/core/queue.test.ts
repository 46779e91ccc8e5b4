import { describe, expect, test } from 'vitest';
import { isDue, mayBePutBack, queueOf } from '../../../src/core/queue.ts';
import type { Run } from '../../../src/core/run.ts';
import { runIdFrom } from '../../../src/core/run-id.ts';
import { aRun, aStop, aWorkflow } from './a-run.ts';

const id = (number: number): Run['runId'] => runIdFrom(Uint8Array.of(0, 0, 0, 0, 0, number));
const waiting = { waits: true, turns: 0, after: [], include: [] };

/** A run of a repository that may have two under way. */
const queued = (number: number, more: Partial<Run> = {}, limit: number | null = 2): Run =>
  aRun({
    runId: id(number),
    status: 'pending',
    queue: waiting,
    workflow: { ...aWorkflow, maxConcurrentRuns: limit },
    ...more,
  });
const underWay = (number: number, more: Partial<Run> = {}): Run => queued(number, { status: 'running', ...more });

const numbers = (runs: readonly Run[]): number[] => runs.map(({ runId }) => Number.parseInt(runId.slice(-2), 16));
const dueOf = (active: readonly Run[], awaiting: readonly number[] = []): number[] =>
  numbers(queueOf(active, new Map(awaiting.map((number) => [id(number), [id(99)]]))).due);

describe('a queue', () => {
  test.each<[string, readonly Run[], readonly number[]]>([
    ['nobody is under way', [queued(1), queued(2)], [1]],
    ['a slot is free', [underWay(1), queued(2), queued(3)], [2]],
    ['all slots are taken', [underWay(1), underWay(2), queued(3)], []],
    ['one is being launched', [underWay(1), queued(2, { queue: { ...waiting, waits: false } }), queued(3)], []],
    ['one is being ended', [underWay(1), underWay(2, { status: 'terminating' }), queued(3)], []],
    ['one was started out of turn', [queued(3), underWay(4)], [3]],
    ['the first is being cancelled', [underWay(1), queued(2, { stop: aStop() }), queued(3)], [3]],
    ['there is no limit', [underWay(1), underWay(2), queued(3, {}, null), queued(4, {}, null)], [3, 4]],
    ['a later one has a higher limit', [underWay(1), underWay(2), queued(3), queued(4, {}, 9)], []],
    ['other repositories are busy', [underWay(1), underWay(2), queued(3, { repository: '/other' })], [3]],
  ])('lets start, where %s, those whose turn it is', (_, active, expected) => {
    expect(dueOf(active)).toEqual(expected);
    for (const { runId } of active)
      expect(isDue(runId, active)).toBe(expected.includes(numbers([{ runId } as Run])[0]!));
  });

  test('holds up nobody for one that waits for other runs', () => {
    expect(dueOf([underWay(1), queued(2), queued(3)], [2])).toEqual([3]);
    expect(dueOf([underWay(1), queued(2, {}, null)], [2])).toEqual([]);
  });

  test('numbers the places of those that wait, in each repository from 1', () => {
    const other = { repository: '/other' };
    const active = [underWay(1), queued(2), queued(3, other), queued(4), queued(5, { stop: aStop() }), queued(6)];
    expect([...queueOf(active, new Map([[id(4), [id(1)]]])).waits]).toEqual([
      [id(2), { place: 1, awaits: [] }],
      [id(3), { place: 1, awaits: [] }],
      [id(4), { place: null, awaits: [id(1)] }],
      [id(6), { place: 2, awaits: [] }],
    ]);
  });
});

describe('a launch that was cut off', () => {
  test.each<[string, Partial<Run>, boolean]>([
    ['the first time', { queue: { ...waiting, turns: 1 } }, true],
    ['the third time, when it is not the launchers who are the trouble', { queue: { ...waiting, turns: 3 } }, false],
    ['when it was never queued', { queue: null }, false],
    ['while it is being cancelled', { queue: { ...waiting, turns: 1 }, stop: aStop() }, false],
  ])('%s', (_, run, expected) => {
    expect(mayBePutBack(queued(1, run))).toBe(expected);
  });
});
