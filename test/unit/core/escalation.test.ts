import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  defaultPhaseStarts,
  emptyLooksThatProve,
  type EscalationFacts,
  type EscalationStep,
  givesUpAfterMilliseconds,
  isShell,
  nextStep,
  sentKey,
  type SignalOrder,
} from '../../../src/core/escalation.ts';
import { type KillLook, killOf } from './a-kill.ts';
import { aMember } from './a-process.ts';
import type { Behaviour } from './a-process-tree.ts';

const wrapper = aMember(100, 'wrapper', { groupId: 100 });
const command = aMember(101, 'command', { groupId: 100 });
const child = aMember(102, 'member', { groupId: 100 });
const escaped = aMember(103, 'member', { groupId: 103 });

function facts(some: Partial<EscalationFacts>): EscalationFacts {
  return {
    elapsedMilliseconds: 0,
    force: false,
    members: [wrapper, command, child, escaped],
    emptyLooks: 0,
    commandIsShell: false,
    sent: new Set(),
    unchangedMilliseconds: 0,
    wrapperAloneMilliseconds: null,
    phaseStarts: defaultPhaseStarts,
    ...some,
  };
}

function ordersOf(step: EscalationStep): readonly SignalOrder[] {
  return step.kind === 'signal' ? step.orders : [];
}

/** `graceful: TERM 101, CONT 101`. */
function told(step: EscalationStep): string {
  if (step.kind !== 'signal') return step.kind;
  const orders = step.orders.map(({ identity, signal }) => `${signal.slice(3)} ${identity.pid}`);
  return `${step.phase}: ${orders.join(', ') || 'nothing'}`;
}

describe('the next step of a kill', () => {
  const sentInSystemPhase = new Set([101, 102, 103].map((pid) => sentKey('system', kill(pid))));
  it.each<[string, Partial<EscalationFacts>, string]>([
    ['asks the command', {}, 'graceful: TERM 101, CONT 101'],
    ['asks the whole group of a shell', { commandIsShell: true }, 'graceful: TERM 101, CONT 101, TERM 102, CONT 102'],
    [
      'asks the others when the command is gone',
      { members: [wrapper, child, escaped] },
      'graceful: TERM 102, CONT 102, TERM 103, CONT 103',
    ],
    ['leaves the wrapper to its record', { members: [wrapper] }, 'graceful: nothing'],
    ['is still graceful a moment before 5 s', { elapsedMilliseconds: 4_999 }, 'graceful: TERM 101, CONT 101'],
    [
      'asks the command again at 5 s, and kills its children',
      { elapsedMilliseconds: 5_000 },
      'forced: TERM 101, CONT 101, KILL 102, KILL 103',
    ],
    ['kills everyone but the wrapper at 10 s', { elapsedMilliseconds: 10_000 }, 'system: KILL 101, KILL 102, KILL 103'],
    ['starts there when it is forced', { force: true }, 'system: KILL 101, KILL 102, KILL 103'],
    ['repeats itself there', { force: true, sent: sentInSystemPhase }, 'system: KILL 101, KILL 102, KILL 103'],
    [
      'spares the wrapper while it may record the exit',
      { force: true, members: [wrapper], wrapperAloneMilliseconds: 499 },
      'system: nothing',
    ],
    [
      'kills the wrapper when it had that time',
      { force: true, members: [wrapper], wrapperAloneMilliseconds: 500 },
      'system: KILL 100',
    ],
    ['looks again when nobody was found once', { members: [], emptyLooks: 1 }, 'graceful: nothing'],
    ['is done when nobody was found twice', { members: [], emptyLooks: 2 }, 'done'],
  ])('%s', (_, some, expected) => {
    expect(told(nextStep(facts(some)))).toBe(expected);
  });

  it('names survivors after 5 s of the system phase in which nothing moved', () => {
    const stalled = { elapsedMilliseconds: 15_000, unchangedMilliseconds: 15_000, sent: sentInSystemPhase };
    expect(nextStep(facts(stalled))).toEqual({ kind: 'survivors', survivors: facts({}).members });
    expect(nextStep(facts({ ...stalled, unchangedMilliseconds: 4_999 })).kind).toBe('signal');
  });

  it('never names one who only sat through the earlier phases: the system phase gets its own time', () => {
    const stubborn = { members: [wrapper, command], unchangedMilliseconds: 14_999, sent: sentInSystemPhase };
    expect(told(nextStep(facts({ ...stubborn, elapsedMilliseconds: 14_999 })))).toBe('system: KILL 101');
  });

  it('never names one whom nobody has tried to kill, however late it is', () => {
    const late = { elapsedMilliseconds: 3_600_000, unchangedMilliseconds: 3_600_000 };
    expect(told(nextStep(facts(late)))).toBe('system: KILL 101, KILL 102, KILL 103');
  });

  it('looks again soon: most trees end within milliseconds', () => {
    const pauses = [0, 250, 1_000, 10_000].map((elapsedMilliseconds) => nextStep(facts({ elapsedMilliseconds })));
    expect(pauses.map((step) => (step.kind === 'signal' ? step.lookAgainMilliseconds : null))).toEqual([
      10, 25, 100, 5,
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
    expect(endedAt(looks)).toBeGreaterThanOrEqual(defaultPhaseStarts.system);
    expect(endedAt(looks)).toBeLessThan(defaultPhaseStarts.system + 200);
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
    expect(endedAt(looks)).toBeGreaterThanOrEqual(defaultPhaseStarts.system + givesUpAfterMilliseconds);
    expect(endedAt(looks)).toBeLessThan(defaultPhaseStarts.system + givesUpAfterMilliseconds + 200);
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
    from: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 60_000 })),
  });

  /** Holds for every kill, taken over at whatever moment. */
  function promise(words: string, holds: (looks: readonly KillLook[], force: boolean) => void): void {
    it(words, { timeout: 30_000 }, () => {
      fc.assert(
        fc.property(anyRun, anyOptions, (behaviours, options) => {
          holds(killOf(behaviours, options), options.force);
        }),
      );
    });
  }

  promise('nobody is signalled who is no member at that moment', (looks) => {
    expect(given(looks).filter(({ role }) => role === undefined)).toEqual([]);
  });

  promise('every TERM is followed by a CONT to the same process: a stopped one does not see it otherwise', (looks) => {
    const unfollowed = looks.flatMap(({ step }) => {
      const orders = ordersOf(step);
      return orders.filter(({ identity, signal }, index) => {
        const next = orders[index + 1];
        return signal === 'SIGTERM' && (next?.signal !== 'SIGCONT' || next.identity !== identity);
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
      .filter(({ phase, facts }) => phase !== 'system' || (facts.wrapperAloneMilliseconds ?? 0) < 500);
    expect(early).toEqual([]);
  });

  promise('no phase follows a later one, and a forced kill knows only the last', (looks, force) => {
    const phases = looks.flatMap(({ step }) => (step.kind === 'signal' ? [step.phase] : []));
    const order = ['graceful', 'forced', 'system'];
    expect(phases).toEqual(phases.toSorted((one, other) => order.indexOf(one) - order.indexOf(other)));
    if (force) expect(phases.filter((phase) => phase !== 'system')).toEqual([]);
  });

  promise('it ends, with nobody found twice or with survivors who were all tried', (looks) => {
    const { facts: atTheEnd, step } = last(looks);
    if (step.kind === 'done') {
      expect(looks.slice(-emptyLooksThatProve).every(({ facts: { members } }) => members.length === 0)).toBe(true);
    } else {
      expect(step.kind).toBe('survivors');
      expect(atTheEnd.elapsedMilliseconds - (atTheEnd.force ? 0 : defaultPhaseStarts.system)).toBeGreaterThanOrEqual(
        givesUpAfterMilliseconds,
      );
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
  return last(looks).facts.elapsedMilliseconds;
}

/** Every order that was given, with who got it and what was known then. */
function given(looks: readonly KillLook[]) {
  return looks.flatMap(({ facts, step }) =>
    step.kind === 'signal'
      ? step.orders.map((order) => ({
          order,
          phase: step.phase,
          role: facts.members.find(({ identity }) => identity.pid === order.identity.pid)?.role,
          facts,
        }))
      : [],
  );
}
