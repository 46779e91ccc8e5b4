import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunRoots } from '../../../src/core/membership.ts';
import { keyOf, type ProcessFacts } from '../../../src/core/process-identity.ts';
import { Recognition } from '../../../src/core/recognition.ts';
import { anIdentity, aProcess, aSnapshot, bootId, otherRunId, pidsByRun, runId, theRoots } from './a-process.ts';

/** Everyone is alive under the number that he was met with, but for those named. */
const allBut =
  (...gone: number[]) =>
  (pid: number): string | undefined =>
    gone.includes(pid) ? undefined : `start-${pid}`;
const everyone = allBut();

function recognitionOf(...runs: RunRoots[]): Recognition {
  return new Recognition(bootId, runs, new Set([1]));
}

describe('somebody met on the way', () => {
  const wrapper = aProcess({ pid: 100, groupId: 100, sessionId: 100 });
  const roots = theRoots({ wrapper: anIdentity(100), command: anIdentity(101) });

  it.each<[string, ProcessFacts]>([
    ['is the wrapper', wrapper],
    ['is the command', aProcess({ pid: 101 })],
    ['carries the cookie', aProcess({ pid: 200, cookie: runId })],
    ['is a child of one who was met', aProcess({ pid: 201, parentPid: 100 })],
    ['is in the group of one who was met', aProcess({ pid: 202, groupId: 100 })],
    ['is in the session of one who was met', aProcess({ pid: 203, sessionId: 100 })],
  ])('belongs when it %s', (_, facts) => {
    const recognition = recognitionOf(roots);
    recognition.meet(wrapper, everyone);
    expect(recognition.meet(facts, everyone)?.runId).toBe(runId);
  });

  it('belongs when it was seen to belong before', () => {
    const seen = new Set([keyOf(anIdentity(300))]);
    expect(recognitionOf(theRoots({ seen })).meet(aProcess({ pid: 300 }), everyone)?.runId).toBe(runId);
  });

  it.each<[string, ProcessFacts]>([
    ['is a stranger', aProcess({ pid: 204 })],
    ['is a zombie', aProcess({ pid: 205, cookie: runId, state: 'zombie' })],
    ['is spared', aProcess({ pid: 1, cookie: runId })],
    ['has a cookie that only begins like it', aProcess({ pid: 206, cookie: `${runId}0` })],
  ])('does not when it %s', (_, facts) => {
    const recognition = recognitionOf(roots);
    recognition.meet(wrapper, everyone);
    expect(recognition.meet(facts, everyone)).toBeUndefined();
  });

  it('is its own when it was started from within another run', () => {
    const recognition = recognitionOf(roots, theRoots({ runId: otherRunId }));
    recognition.meet(wrapper, everyone);
    const nested = aProcess({ pid: 207, parentPid: 100, cookie: otherRunId });
    expect(recognition.meet(nested, everyone)?.runId).toBe(otherRunId);
  });

  it('is another run’s as soon as its environment says so, though its parent spoke first', () => {
    const recognition = recognitionOf(roots, theRoots({ runId: otherRunId }));
    recognition.meet(wrapper, everyone);
    const betweenPrograms = aProcess({ pid: 208, parentPid: 100 });
    expect(recognition.meet(betweenPrograms, everyone)?.runId).toBe(runId);
    expect(recognition.meet({ ...betweenPrograms, cookie: otherRunId }, everyone)?.runId).toBe(otherRunId);
  });

  it('is no child of one whose number was given to somebody else', () => {
    const recognition = recognitionOf(roots);
    recognition.meet(wrapper, everyone);
    const child = aProcess({ pid: 209, parentPid: 100 });
    expect(recognition.meet(child, allBut(100))).toBeUndefined();
  });

  it('stays recognised when its parent is gone', () => {
    const recognition = recognitionOf(roots);
    recognition.meet(wrapper, everyone);
    const child = aProcess({ pid: 210, parentPid: 100 });
    recognition.meet(child, everyone);
    expect(recognition.meet({ ...child, parentPid: 1 }, everyone)?.runId).toBe(runId);
    const later = (): string => 'later';
    expect(recognition.meet({ ...child, parentPid: 1, startTime: 'later' }, later)).toBeUndefined();
  });

  it('is forgotten when it proved to be gone', () => {
    const recognition = recognitionOf(roots);
    recognition.meet(wrapper, everyone);
    const child = aProcess({ pid: 211, parentPid: 100 });
    recognition.meet(child, everyone);
    recognition.forget(211);
    expect(recognition.meet({ ...child, parentPid: 1, groupId: 7, sessionId: 7 }, everyone)).toBeUndefined();
  });

  it('is not of a group whose number somebody else has got since', () => {
    const recognition = recognitionOf(roots);
    recognition.meet(wrapper, everyone);
    const leader = aProcess({ pid: 212, parentPid: 100, groupId: 212, sessionId: 212 });
    recognition.meet(leader, everyone);
    const stranger = aProcess({ pid: 213, groupId: 212, sessionId: 212 });
    expect(recognition.meet(stranger, allBut(212))).toBeUndefined();
  });
});

describe('whatever the order in which they are met', () => {
  const pid = fc.integer({ min: 2, max: 40 });
  const someone = fc.record({
    pid,
    parentPid: fc.oneof(fc.constant(1), pid),
    groupId: pid,
    sessionId: pid,
    cookie: fc.option(fc.constant(runId), { freq: 3 }),
  });

  it('in the end everyone is recognised whom a look finds, and nobody else', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(someone, { selector: (one) => one.pid, maxLength: 20 }),
        fc.array(pid, { maxLength: 3 }),
        (facts, formerly) => {
          const processes = facts.map((one) => aProcess(one));
          const roots = theRoots({ seen: new Set(formerly.map((number) => keyOf(anIdentity(number, 'formerly')))) });
          const recognition = recognitionOf(roots);
          const alive = new Map(processes.map((one) => [one.pid, one.startTime]));
          let met: number[] = [];
          for (let quiet = 0, before = 0; quiet < 2; before = met.length) {
            const found = processes.filter((one) => recognition.meet(one, (number) => alive.get(number)) !== undefined);
            met = found.map((one) => one.pid);
            quiet = met.length === before ? quiet + 1 : 0;
          }
          const looked = pidsByRun(aSnapshot(...processes), [roots], [1])[runId] ?? [];
          expect(met.toSorted((one, other) => one - other)).toEqual(looked);
        },
      ),
      { numRuns: 500 },
    );
  });
});
