import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignMembers, goneOf } from '../../../src/core/membership.ts';
import { keyOf } from '../../../src/core/process-identity.ts';
import { aProcess, aSnapshot, anIdentity, memberPids, otherRunId, pidsByRun, runId, theRoots } from './a-process.ts';

const roots = theRoots({ wrapper: anIdentity(100), command: anIdentity(101) });
const wrapper = aProcess({ pid: 100 });
const command = aProcess({ pid: 101, parentPid: 100, groupId: 100, sessionId: 100 });

describe('a process belongs to a run', () => {
  it('when it is its wrapper or its command, and is told apart as such', () => {
    const child = aProcess({ pid: 102, parentPid: 101 });
    const members = assignMembers(aSnapshot(wrapper, command, child), [roots], new Set()).get(runId) ?? [];
    expect(members.map(({ identity, role }) => [identity.pid, role])).toEqual([
      [100, 'wrapper'],
      [101, 'command'],
      [102, 'member'],
    ]);
  });

  it('when it descends from a member, however deep and in whatever order the look shows it', () => {
    const deep = aProcess({ pid: 103, parentPid: 102 });
    const child = aProcess({ pid: 102, parentPid: 101 });
    expect(memberPids(aSnapshot(deep, child, command, wrapper), roots)).toEqual([100, 101, 102, 103]);
  });

  it('when it is in the control group of the run, with all that it started, whoever its parent is', () => {
    const stray = aProcess({ pid: 300 });
    const child = aProcess({ pid: 301, parentPid: 300 });
    const moved = aProcess({ pid: 302, parentPid: 301 });
    const enclosing = { ...roots, enclosed: new Set([100, 101, 300, 301, 999]) };
    expect(memberPids(aSnapshot(wrapper, command, stray, child, moved), enclosing)).toEqual([100, 101, 300, 301, 302]);
    expect(memberPids(aSnapshot(stray), enclosing, [300])).toEqual([]);
  });

  it('when it carries the cookie, even as a daemon whose parents are gone', () => {
    expect(memberPids(aSnapshot(aProcess({ pid: 200, cookie: runId })), roots)).toEqual([200]);
  });

  it('when it descends from one that carries the cookie, even if it has thrown its own away', () => {
    const daemon = aProcess({ pid: 200, cookie: runId });
    const child = aProcess({ pid: 201, parentPid: 200 });
    expect(memberPids(aSnapshot(daemon, child), roots)).toEqual([200, 201]);
  });

  it('when it was seen to belong before, even if nothing else tells any more', () => {
    const remembered = theRoots({ seen: new Set([keyOf(anIdentity(300))]) });
    expect(memberPids(aSnapshot(aProcess({ pid: 300 })), remembered)).toEqual([300]);
  });

  it('when it is in a group that a member made, while a verified member is in it', () => {
    const orphan = aProcess({ pid: 400, groupId: 101, sessionId: 9 });
    const leader = { ...command, groupId: 101 };
    expect(memberPids(aSnapshot(leader, orphan), roots)).toEqual([101, 400]);
  });

  it('when it is in a session that a member made, while a verified member is in it', () => {
    const orphan = aProcess({ pid: 400, groupId: 400, sessionId: 100 });
    expect(memberPids(aSnapshot(wrapper, command, orphan), roots)).toEqual([100, 101, 400]);
  });

  it('when it is in the group of a maker that is gone, while a member who was seen there still is', () => {
    const remaining = aProcess({ pid: 102, groupId: 101 });
    const orphan = aProcess({ pid: 400, groupId: 101 });
    const remembered = { ...roots, seen: new Set([keyOf(anIdentity(102))]) };
    expect(memberPids(aSnapshot(remaining, orphan), remembered)).toEqual([102, 400]);
  });

  it('when it descends from one that only its group gave away, or is in a group which that one made', () => {
    const orphan = aProcess({ pid: 400, groupId: 100, sessionId: 400 });
    const child = aProcess({ pid: 401, parentPid: 400, groupId: 401, sessionId: 401 });
    const inTheGroupOfTheChild = aProcess({ pid: 402, groupId: 401, sessionId: 9 });
    expect(memberPids(aSnapshot(wrapper, inTheGroupOfTheChild, child, orphan), roots)).toEqual([100, 400, 401, 402]);
  });
});

describe('a process does not belong to a run', () => {
  it('when it is anybody else', () => {
    expect(memberPids(aSnapshot(wrapper, command, aProcess({ pid: 500 })), roots)).toEqual([100, 101]);
  });

  it.each([`${runId}0`, runId.slice(0, -1), otherRunId, runId.toUpperCase(), ''])(
    'when its cookie is %j, however like the id of the run that is',
    (cookie) => {
      expect(memberPids(aSnapshot(aProcess({ pid: 200, cookie })), roots)).toEqual([]);
    },
  );

  it('when only its number is that of a member: it was given out again', () => {
    const remembered = { ...roots, seen: new Set([keyOf(anIdentity(300))]) };
    const strangers = [100, 101, 300].map((pid) => aProcess({ pid, startTime: 'later' }));
    expect(memberPids(aSnapshot(...strangers), remembered)).toEqual([]);
  });

  it('when it had number and start time of a member in an earlier boot', () => {
    const remembered = theRoots({ wrapper: { ...anIdentity(100), bootId: 'earlier' } });
    expect(memberPids(aSnapshot(wrapper), remembered)).toEqual([]);
  });

  it("when it is the user's own shell, in whose session somebody carries the cookie", () => {
    const shell = aProcess({ pid: 600, groupId: 600, sessionId: 600 });
    const editor = aProcess({ pid: 601, parentPid: 600, groupId: 601, sessionId: 600 });
    const carrier = aProcess({ pid: 602, parentPid: 600, groupId: 600, sessionId: 600, cookie: runId });
    expect(memberPids(aSnapshot(shell, editor, carrier), roots)).toEqual([602]);
  });

  it('when it is in a group whose number was a member once, but whose maker is now somebody else', () => {
    const stranger = aProcess({ pid: 101, startTime: 'later', groupId: 101, sessionId: 101 });
    const carrier = aProcess({ pid: 602, parentPid: 101, groupId: 101, sessionId: 101, cookie: runId });
    const bystander = aProcess({ pid: 603, parentPid: 101, groupId: 101, sessionId: 101 });
    expect(memberPids(aSnapshot(stranger, carrier, bystander), roots)).toEqual([602]);
  });

  it('when it is in the group of a maker that is gone, and nobody verified is in it any more', () => {
    expect(memberPids(aSnapshot(aProcess({ pid: 400, groupId: 101, sessionId: 101 })), roots)).toEqual([]);
  });

  it('when its group has the number of one who was a member in an earlier boot', () => {
    const remembered = theRoots({ seen: new Set([keyOf({ ...anIdentity(101), bootId: 'earlier' })]) });
    const carrier = aProcess({ pid: 602, groupId: 101, sessionId: 9, cookie: runId });
    const bystander = aProcess({ pid: 603, groupId: 101, sessionId: 9 });
    expect(memberPids(aSnapshot(carrier, bystander), remembered)).toEqual([602]);
  });

  it('when the platform has neither groups nor sessions, and all have number 0', () => {
    const none = { groupId: 0, sessionId: 0 };
    const snapshot = aSnapshot({ ...wrapper, ...none }, aProcess({ pid: 500, ...none }));
    expect(memberPids(snapshot, roots)).toEqual([100]);
  });

  it('when it is a zombie; but its children are looked at', () => {
    const zombie = aProcess({ pid: 102, parentPid: 101, state: 'zombie' });
    const child = aProcess({ pid: 103, parentPid: 102 });
    expect(memberPids(aSnapshot(wrapper, command, zombie, child), roots)).toEqual([100, 101, 103]);
  });

  it('when it is init, even if that carries the cookie', () => {
    const snapshot = aSnapshot(aProcess({ pid: 1, parentPid: 0, cookie: runId }), aProcess({ pid: 500 }));
    expect(memberPids(snapshot, roots)).toEqual([]);
  });

  it('when it is one of us: we and our ancestors are spared even if we carry the cookie, our children are not', () => {
    const ancestor = aProcess({ pid: 700, cookie: runId, groupId: 100, sessionId: 100 });
    const ourselves = aProcess({ pid: 701, parentPid: 700, cookie: runId });
    const child = aProcess({ pid: 702, parentPid: 701, cookie: runId });
    const ours = aProcess({ pid: 703, parentPid: 701 });
    const snapshot = aSnapshot(wrapper, command, ancestor, ourselves, child, ours);
    expect(memberPids(snapshot, roots, [701, 700, 1])).toEqual([100, 101, 702]);
  });
});

describe('a run that was started from within another', () => {
  const outer = roots;
  const inner = theRoots({ runId: otherRunId, wrapper: anIdentity(200), command: anIdentity(201) });
  const innerWrapper = aProcess({ pid: 200, parentPid: 101, cookie: otherRunId });
  const innerCommand = aProcess({ pid: 201, parentPid: 200, cookie: otherRunId });
  const innerChild = aProcess({ pid: 202, parentPid: 201 });
  const snapshot = aSnapshot(wrapper, command, innerWrapper, innerCommand, innerChild);
  const eachItsOwn = { [runId]: [100, 101], [otherRunId]: [200, 201, 202] };

  it('has its processes to itself, in whatever order the runs are known', () => {
    expect(pidsByRun(snapshot, [outer, inner])).toEqual(eachItsOwn);
    expect(pidsByRun(snapshot, [inner, outer])).toEqual(eachItsOwn);
  });

  it('keeps them even if a look in the moment of its launch took them for the outer one', () => {
    const mistaken = { ...outer, seen: new Set([innerWrapper, innerCommand].map(({ pid }) => keyOf(anIdentity(pid)))) };
    expect(pidsByRun(snapshot, [mistaken, inner])).toEqual(eachItsOwn);
    expect(pidsByRun(snapshot, [inner, mistaken])).toEqual(eachItsOwn);
  });

  it('has them within the control group of the outer one, where it has none of its own', () => {
    const enclosing = { ...outer, enclosed: new Set([100, 101, 200, 201, 202]) };
    expect(pidsByRun(snapshot, [enclosing, inner])).toEqual(eachItsOwn);
  });

  it('has whoever is in its control group, though the wrapper of the outer one adopted him', () => {
    const adopted = aProcess({ pid: 203, parentPid: 100 });
    const outerEnclosing = { ...outer, enclosed: new Set([100, 101]) };
    const innerEnclosing = { ...inner, enclosed: new Set([203]) };
    expect(pidsByRun(aSnapshot(wrapper, command, adopted), [outerEnclosing, innerEnclosing])).toEqual({
      [runId]: [100, 101],
      [otherRunId]: [203],
    });
  });

  it('has them by its cookie while it is being launched and its first processes are not known yet', () => {
    const launching = theRoots({ runId: otherRunId });
    const mistaken = { ...outer, seen: new Set([keyOf(anIdentity(200))]) };
    expect(pidsByRun(snapshot, [mistaken, launching])).toEqual(eachItsOwn);
  });
});

describe('whatever the processes of a machine look like', () => {
  const anyProcess = fc.record({
    pid: fc.integer({ min: 1, max: 30 }),
    parentPid: fc.integer({ min: 0, max: 30 }),
    groupId: fc.integer({ min: 0, max: 30 }),
    sessionId: fc.integer({ min: 0, max: 30 }),
    cookie: fc.constantFrom(null, null, null, runId, otherRunId),
    state: fc.constantFrom('alive' as const, 'alive' as const, 'zombie' as const),
  });
  const anyPids = fc.uniqueArray(fc.integer({ min: 2, max: 30 }), { maxLength: 5 });

  it('nobody belongs twice, no zombie and no spared one belongs, and a second look with what was seen loses nobody', () => {
    fc.assert(
      fc.property(fc.array(anyProcess, { maxLength: 30 }), anyPids, anyPids, (drawn, seen, spared) => {
        const snapshot = aSnapshot(...drawn.map(aProcess));
        const known = new Set(seen.map((pid) => keyOf(anIdentity(pid))));
        const first = theRoots({ wrapper: anIdentity(2), seen: known });
        const second = theRoots({ runId: otherRunId, wrapper: anIdentity(3) });
        const members = assignMembers(snapshot, [first, second], new Set(spared));
        const all = [...members.values()].flat();

        expect(new Set(all.map(({ identity }) => identity.pid)).size).toBe(all.length);
        expect(
          all.filter(({ facts }) => facts.state === 'zombie' || spared.includes(facts.pid) || facts.pid < 2),
        ).toEqual([]);

        const ledger = (run: typeof runId) => new Set((members.get(run) ?? []).map(({ identity }) => keyOf(identity)));
        const again = [
          { ...first, seen: new Set([...known, ...ledger(runId)]) },
          { ...second, seen: ledger(otherRunId) },
        ];
        const before = pidsByRun(snapshot, [first, second], spared);
        const after = pidsByRun(snapshot, again, spared);
        for (const [run, pids] of Object.entries(before)) expect(after[run]).toEqual(expect.arrayContaining(pids));
      }),
      { numRuns: 500 },
    );
  });

  it('who belongs does not depend on those who were seen and are gone', () => {
    fc.assert(
      fc.property(fc.array(anyProcess, { maxLength: 30 }), anyPids, anyPids, (drawn, seen, others) => {
        const snapshot = aSnapshot(...drawn.map(aProcess));
        const keys = [
          ...seen.map((pid) => keyOf(anIdentity(pid))),
          ...others.map((pid) => keyOf(anIdentity(pid, 'x'))),
        ];
        const gone = goneOf(snapshot, keys);
        const left = new Set(keys.filter((key) => !gone.has(key)));
        const withAll = pidsByRun(snapshot, [theRoots({ seen: new Set(keys) })]);
        expect(pidsByRun(snapshot, [theRoots({ seen: left })])).toEqual(withAll);
      }),
      { numRuns: 500 },
    );
  });
});
