import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  defaultStageLengths,
  emptyLooksThatProve,
  type EscalationFacts,
  type EscalationStep,
  givesUpAfterMilliseconds,
  givesUpInTurmoilAfterMilliseconds,
  isShell,
  nextStep,
  sentKey,
  type SignalOrder,
  type Stage,
  stageAt,
} from '../../../src/core/escalation.ts';
import type { CriticalSection } from '../../../src/core/critical-section.ts';
import { type KillLook, type KillOptions, killOf, ordersOf } from './a-kill.ts';
import { aMember } from './a-process.ts';
import type { Behaviour } from './a-process-tree.ts';

const wrapper = aMember(100, 'wrapper', { groupId: 100 });
const command = aMember(101, 'command', { groupId: 100 });
const child = aMember(102, 'member', { groupId: 100 });
const escaped = aMember(103, 'member', { groupId: 103 });

function facts(some: Partial<EscalationFacts>): EscalationFacts {
  return {
    decidedMilliseconds: 0,
    begunMilliseconds: 0,
    moreTimeMilliseconds: 0,
    force: false,
    lengths: defaultStageLengths,
    criticalSections: [],
    stageMilliseconds: 0,
    members: [wrapper, command, child, escaped],
    emptyLooks: 0,
    commandIsShell: false,
    sent: new Set(),
    unchangedMilliseconds: 0,
    wrapperAloneMilliseconds: null,
    ...some,
  };
}

/** `graceful: TERM 101, CONT 101`. */
function told(step: EscalationStep): string {
  if (step.kind === 'end') return step.spareWrapper ? 'end all but the wrapper' : 'end all';
  if (step.kind !== 'signal') return step.kind;
  const orders = step.orders.map(({ identity, signal }) => `${signal.slice(3)} ${identity.pid}`);
  return `${step.phase}: ${orders.join(', ') || 'nothing'}`;
}

/** Of the default lengths, in milliseconds. */
const systemPhaseFrom = 10_000;

const commit: CriticalSection = { kind: 'git', operation: 'commit', pid: 102 };

describe('the next step of a kill', () => {
  const askedCommand = new Set(
    (['SIGTERM', 'SIGCONT'] as const).map((signal) => sentKey('graceful', { ...kill(101), signal })),
  );
  const sentInSystemPhase = new Set([101, 102, 103].map((pid) => sentKey('system', kill(pid))));
  it.each<[string, Partial<EscalationFacts>, string]>([
    ['asks the command', {}, 'graceful: TERM 101, CONT 101'],
    ['asks the whole group of a shell', { commandIsShell: true }, 'graceful: TERM 101, CONT 101, TERM 102, CONT 102'],
    [
      'leaves alone what a shell starts after it was asked',
      { commandIsShell: true, sent: askedCommand },
      'graceful: nothing',
    ],
    [
      'asks the others when the command is gone',
      { members: [wrapper, child, escaped] },
      'graceful: TERM 102, CONT 102, TERM 103, CONT 103',
    ],
    ['leaves the wrapper to its record', { members: [wrapper] }, 'graceful: nothing'],
    [
      'lets the wrapper go that waits for another run',
      { members: [wrapper], wrapperAloneMilliseconds: 500 },
      'graceful: TERM 100, CONT 100',
    ],
    [
      'lets it go in the forced phase too',
      { members: [wrapper], wrapperAloneMilliseconds: 500, begunMilliseconds: 5_000 },
      'forced: TERM 100, CONT 100',
    ],
    ['is still graceful a moment before 5 s', { begunMilliseconds: 4_999 }, 'graceful: TERM 101, CONT 101'],
    [
      'asks the command again at 5 s, and kills its children',
      { begunMilliseconds: 5_000 },
      'forced: TERM 101, CONT 101, KILL 102, KILL 103',
    ],
    ['ends everyone but the wrapper at 10 s', { begunMilliseconds: 10_000 }, 'end all but the wrapper'],
    ['starts there when it is forced', { begunMilliseconds: null, force: true }, 'end all but the wrapper'],
    ['repeats itself there', { force: true, sent: sentInSystemPhase }, 'end all but the wrapper'],
    [
      'spares the wrapper while it may record the exit',
      { force: true, members: [wrapper], wrapperAloneMilliseconds: 499 },
      'end all but the wrapper',
    ],
    [
      'ends the wrapper when it had that time',
      { force: true, members: [wrapper], wrapperAloneMilliseconds: 500 },
      'end all',
    ],
    ['begins when nothing is to be waited for', { begunMilliseconds: null }, 'begin'],
    ['waits for a critical section', { begunMilliseconds: null, criticalSections: [commit] }, 'wait'],
    [
      'waits for it a moment before 30 s',
      { begunMilliseconds: null, criticalSections: [commit], decidedMilliseconds: 29_999 },
      'wait',
    ],
    [
      'waits no longer than 30 s',
      { begunMilliseconds: null, criticalSections: [commit], decidedMilliseconds: 30_000 },
      'begin',
    ],
    [
      'waits for nothing when it is forced',
      { begunMilliseconds: null, criticalSections: [commit], force: true },
      'end all but the wrapper',
    ],
    ['does not wait once it has begun', { criticalSections: [commit] }, 'graceful: TERM 101, CONT 101'],
    [
      'gives the command the time that it asked for',
      { begunMilliseconds: 7_999, moreTimeMilliseconds: 3_000 },
      'graceful: TERM 101, CONT 101',
    ],
    [
      'but never more than the graceful phase again',
      { begunMilliseconds: 10_000, moreTimeMilliseconds: 60_000 },
      'forced: TERM 101, CONT 101, KILL 102, KILL 103',
    ],
    [
      'keeps to the lengths of the workflow',
      { begunMilliseconds: 250, lengths: { wait: 0, graceful: 200, forced: 100 } },
      'forced: TERM 101, CONT 101, KILL 102, KILL 103',
    ],
    ['looks again when nobody was found once', { members: [], emptyLooks: 1 }, 'graceful: nothing'],
    ['is done when nobody was found twice', { members: [], emptyLooks: 2 }, 'done'],
  ])('%s', (_, some, expected) => {
    expect(told(nextStep(facts(some)))).toBe(expected);
  });

  it.each<[string, Partial<EscalationFacts>, boolean]>([
    ['not at first: the wrapper is to record the exit', { stageMilliseconds: 999 }, false],
    ['once freezing and killing was of no avail', { stageMilliseconds: 1_000 }, true],
    [
      'not when only the wrapper is left',
      { stageMilliseconds: 2_000, members: [wrapper], wrapperAloneMilliseconds: 0 },
      false,
    ],
  ])('ends the control group as a whole %s', (_, some, wholeControlGroup) => {
    expect(nextStep(facts({ force: true, ...some }))).toMatchObject({ kind: 'end', wholeControlGroup });
  });

  const stalled: Partial<EscalationFacts> = {
    begunMilliseconds: 15_000,
    stageMilliseconds: 5_000,
    unchangedMilliseconds: 15_000,
    sent: sentInSystemPhase,
  };

  it('names survivors after 5 s of the system phase in which nothing moved, and not the wrapper that waits for them', () => {
    const survivors = facts({}).members.filter(({ role }) => role !== 'wrapper');
    expect(nextStep(facts(stalled))).toEqual({ kind: 'survivors', survivors });
    expect(nextStep(facts({ ...stalled, unchangedMilliseconds: 4_999 })).kind).toBe('end');
  });

  it('names survivors after 30 s of it in which new ones came all the time', () => {
    const turmoil = { ...stalled, unchangedMilliseconds: 0, stageMilliseconds: givesUpInTurmoilAfterMilliseconds };
    expect(nextStep(facts(turmoil)).kind).toBe('survivors');
    expect(nextStep(facts({ ...turmoil, stageMilliseconds: 29_999 })).kind).toBe('end');
  });

  it('never names one who only sat through the earlier phases: the system phase gets its own time', () => {
    expect(nextStep(facts({ ...stalled, members: [wrapper, command], stageMilliseconds: 4_999 })).kind).toBe('end');
  });

  it('never names one whom nobody has tried to kill, however late it is', () => {
    expect(nextStep(facts({ ...stalled, stageMilliseconds: 6_000, sent: new Set() })).kind).toBe('end');
  });

  it('looks again soon: most trees end within milliseconds', () => {
    const pauses = [
      { stageMilliseconds: 0 },
      { stageMilliseconds: 50 },
      { stageMilliseconds: 250 },
      { stageMilliseconds: 1_000 },
      { force: true, stageMilliseconds: 0 },
      { force: true, stageMilliseconds: 250 },
    ].map((some) => nextStep(facts(some)));
    expect(pauses.map((step) => ('lookAgainMilliseconds' in step ? step.lookAgainMilliseconds : null))).toEqual([
      3, 10, 25, 100, 5, 50,
    ]);
  });
});

describe('a whole kill', () => {
  const cooperative: Omit<Behaviour, 'role'> = { endsAfterTerm: 8, endsAfterKill: 2, endsAfterCommand: 8, forks: 0 };
  const deaf = { ...cooperative, endsAfterTerm: null };
  const run = (behaviour: Omit<Behaviour, 'role'>) => [
    { ...cooperative, endsAfterTerm: null, role: 'wrapper' as const },
    { ...behaviour, role: 'command' as const },
    { ...behaviour, role: 'member' as const },
  ];

  it('of a cooperative run takes tens of milliseconds, not 5 s', () => {
    const looks = killOf(run(cooperative));
    expect(outcome(looks)).toBe('done');
    expect(endedAt(looks)).toBeLessThan(100);
  });

  it('of a run that ignores being asked ends right after the system phase began', () => {
    const looks = killOf(run(deaf));
    expect(outcome(looks)).toBe('done');
    expect(endedAt(looks)).toBeGreaterThanOrEqual(systemPhaseFrom);
    expect(endedAt(looks)).toBeLessThan(systemPhaseFrom + 200);
  });

  it('of the same run by force ends at once', () => {
    const looks = killOf(run(deaf), { force: true });
    expect(outcome(looks)).toBe('done');
    expect(endedAt(looks)).toBeLessThan(100);
  });

  it('of a command that saves its state for long, over deaf children, ends them at 5 s and lets it finish', () => {
    const looks = killOf([
      { ...deaf, role: 'member' },
      { ...cooperative, endsAfterTerm: 9_000, role: 'command' },
    ]);
    expect(outcome(looks)).toBe('done');
    expect(endedAt(looks)).toBeLessThan(9_200);
    expect(given(looks).filter(({ order }) => order.signal === 'SIGKILL')).toMatchObject([
      { phase: 'forced', role: 'member' },
    ]);
  });

  it('of a run with one whom not even SIGKILL ends names it, 5 s after the system phase began', () => {
    const looks = killOf([...run(cooperative), { ...deaf, endsAfterKill: null, role: 'member' }]);
    const { step } = last(looks);
    expect(step.kind === 'survivors' && step.survivors.map(({ role }) => role)).toEqual(['member']);
    expect(endedAt(looks)).toBeGreaterThanOrEqual(systemPhaseFrom + givesUpAfterMilliseconds);
    expect(endedAt(looks)).toBeLessThan(systemPhaseFrom + givesUpAfterMilliseconds + 200);
  });

  it('in the middle of a commit lets it finish, and gives the whole grace afterwards', () => {
    const looks = killOf(run(deaf), { criticalUntil: 3_000 });
    const first = given(looks)[0];
    expect(first?.facts.decidedMilliseconds).toBeGreaterThanOrEqual(3_000);
    expect(endedAt(looks)).toBeGreaterThanOrEqual(3_000 + systemPhaseFrom);
    expect(endedAt(looks)).toBeLessThan(3_000 + systemPhaseFrom + 300);
  });

  it('of a run whose wrapper hangs ends the wrapper too', () => {
    expect(outcome(killOf([{ ...deaf, endsAfterCommand: null, role: 'wrapper' }], { force: true }))).toBe('done');
  });
});

describe('whatever the processes of a run do', () => {
  const delay = fc.option(fc.integer({ min: 0, max: 20_000 }));
  const behaviour = (role: Behaviour['role']): fc.Arbitrary<Behaviour> =>
    fc.record({
      role: fc.constant(role),
      endsAfterTerm: role === 'wrapper' ? fc.constant(null) : delay,
      endsAfterKill: fc.option(fc.integer({ min: 0, max: 50 }), { freq: 10 }),
      endsAfterCommand: delay,
      forks: role === 'wrapper' ? fc.constant(0) : fc.nat({ max: 3 }),
    });
  const anyRun = fc
    .tuple(
      fc.option(behaviour('wrapper')),
      fc.option(behaviour('command')),
      fc.array(behaviour('member'), { maxLength: 4 }),
    )
    .map(([ofWrapper, ofCommand, others]) => [ofWrapper, ofCommand, ...others].filter((one) => one !== null));
  const anyOptions = fc.record({
    force: fc.boolean(),
    commandIsShell: fc.boolean(),
    lengths: fc.record({
      wait: fc.nat({ max: 40_000 }),
      graceful: fc.nat({ max: 8_000 }),
      forced: fc.nat({ max: 8_000 }),
    }),
    criticalUntil: fc.oneof(fc.constant(0), fc.nat({ max: 50_000 })),
    moreTimeMilliseconds: fc.oneof(fc.constant(0), fc.nat({ max: 10_000 })),
    from: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 60_000 })),
  });

  /** Holds for every kill, taken over at whatever moment. */
  function promise(words: string, holds: (looks: readonly KillLook[], options: Required<KillOptions>) => void): void {
    it(words, { timeout: 30_000 }, () => {
      fc.assert(
        fc.property(anyRun, anyOptions, (behaviours, options) => {
          holds(killOf(behaviours, options), options);
        }),
      );
    });
  }

  promise('nobody is signalled who is no member at that moment', (looks) => {
    expect(given(looks).filter(({ role }) => role === undefined)).toEqual([]);
  });

  promise('every TERM is followed by a CONT to the same process: a stopped one does not see it otherwise', (looks) => {
    const unfollowed = looks.flatMap((look) => {
      const orders = ordersOf(look).map(({ order }) => order);
      return orders.filter(({ identity, signal }, index) => {
        const isContinued = orders
          .slice(index)
          .some((later) => later.signal === 'SIGCONT' && later.identity === identity);
        return signal === 'SIGTERM' && !isContinued;
      });
    });
    expect(unfollowed).toEqual([]);
  });

  promise('nobody gets a signal of the graceful or the forced phase twice', (looks) => {
    const keys = given(looks)
      .filter(({ phase }) => phase !== 'system')
      .map(({ phase, order }) => sentKey(phase, order));
    expect(new Set(keys).size).toBe(keys.length);
  });

  promise('nobody is killed in the graceful phase, and not the command in the forced one', (looks) => {
    const kills = given(looks).filter(({ order }) => order.signal === 'SIGKILL');
    expect(kills.filter(({ phase }) => phase === 'graceful')).toEqual([]);
    expect(kills.filter(({ phase, role }) => phase === 'forced' && role === 'command')).toEqual([]);
  });

  promise('the wrapper gets nothing until it had the time to record the exit', (looks) => {
    const early = given(looks)
      .filter(({ role }) => role === 'wrapper')
      .filter(({ facts: known }) => (known.wrapperAloneMilliseconds ?? 0) < 500);
    expect(early).toEqual([]);
  });

  promise('no stage follows an earlier one, and a forced kill knows only the last', (looks, { force }) => {
    const stages = looks.map(({ facts: known }) => stageAt(known));
    const order: readonly Stage[] = ['wait', 'graceful', 'forced', 'system'];
    expect(stages).toEqual(stages.toSorted((one, other) => order.indexOf(one) - order.indexOf(other)));
    if (force) expect(new Set(stages)).toEqual(new Set(['system']));
  });

  promise('nobody is told anything in a critical section, for as long as it is waited for', (looks, options) => {
    const early = given(looks).filter(
      ({ facts: known }) => known.decidedMilliseconds < Math.min(options.criticalUntil, options.lengths.wait),
    );
    if (!options.force && options.from === 0) expect(early).toEqual([]);
  });

  promise('it ends, with nobody found twice or with survivors who were all tried', (looks) => {
    const { facts: atTheEnd, step } = last(looks);
    if (step.kind === 'done') {
      expect(looks.slice(-emptyLooksThatProve).every(({ facts: { members } }) => members.length === 0)).toBe(true);
    } else {
      expect(step.kind).toBe('survivors');
      expect(stageAt(atTheEnd)).toBe('system');
      expect(atTheEnd.stageMilliseconds).toBeGreaterThanOrEqual(givesUpAfterMilliseconds);
      const untried = atTheEnd.members.filter(
        ({ identity, role }) => role !== 'wrapper' && !atTheEnd.sent.has(sentKey('system', kill(identity.pid))),
      );
      expect(untried).toEqual([]);
    }
  });
});

describe('a shell', () => {
  it.each(['sh', '/bin/bash', String.raw`C:\Program Files\Git\bin\bash.exe`, 'BUSYBOX.EXE'.toLowerCase()])(
    'is %s',
    (program) => {
      expect(isShell(program)).toBe(true);
    },
  );

  it.each(['claude', '/opt/sh/agent', 'bash-language-server', ''])('is not %j', (program) => {
    expect(isShell(program)).toBe(false);
  });
});

function kill(pid: number): SignalOrder {
  return { identity: aMember(pid).identity, signal: 'SIGKILL' };
}

function last(looks: readonly KillLook[]): KillLook {
  return looks.at(-1)!;
}

function outcome(looks: readonly KillLook[]): EscalationStep['kind'] {
  return last(looks).step.kind;
}

function endedAt(looks: readonly KillLook[]): number {
  return last(looks).facts.decidedMilliseconds;
}

/** Every order that was given, with who got it and what was known then. */
function given(looks: readonly KillLook[]) {
  return looks.flatMap((look) =>
    ordersOf(look).map(({ phase, order }) => ({
      order,
      phase,
      role: look.facts.members.find(({ identity }) => identity.pid === order.identity.pid)?.role,
      facts: look.facts,
    })),
  );
}
