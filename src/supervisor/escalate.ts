import type { CriticalSection } from '../core/critical-section.ts';
import {
  type EscalationFacts,
  type EscalationStep,
  firstPhase,
  isFurther,
  isShell,
  nextStep,
  type Phase,
  type SignalOrder,
  type Stage,
  stageAt,
  type StageFacts,
} from '../core/escalation.ts';
import type { Member } from '../core/membership.ts';
import type { SignalOutcome } from '../core/ports/executor.ts';
import type { Run } from '../core/run.ts';
import { criticalSectionsOf, forgetMoreTimeOf, moreTimeOf } from './critical-sections.ts';
import { type Escalation, EscalationLedger } from './escalation-ledger.ts';
import type { World } from './world.ts';

/** What an escalation needs to know of the stop that it carries out, and whom it tells. */
export interface Course {
  /** Monotonic milliseconds; -Infinity for one of an earlier boot. */
  readonly decidedMonotonic: number;
  readonly begunMonotonic: number | null;
  /** The furthest phase of those who carried it before; it may be what ended everyone. */
  readonly reached: Phase | null;
  /** Asked at each step, since a person may lose patience meanwhile. */
  readonly isForced: () => boolean;
  /** Told when what is waited for changes. */
  readonly onWait: (sections: readonly CriticalSection[]) => Promise<void>;
  /** Told before the first signal. */
  readonly onBegin: (monotonic: number) => Promise<void>;
  /** Told right before the first signal of this attempt, of a forced one too. */
  readonly onFirstSignal: (members: readonly Member[]) => Promise<void>;
  /** Leaves the rest to whoever comes next. */
  readonly signal: AbortSignal;
  /** Told right before the first signal in a phase that is further than `reached`, and than the one that a kill begins with. */
  readonly onPhase: (phase: Phase) => void;
}

/**
 * Carries out the steps that `core/escalation.ts` decides, until two looks in a row find nobody or the system does not
 * end them. It can be begun anew by anyone at any time: the stage follows from when the stop was decided and begun.
 */
export async function escalate(world: World, run: Run, course: Course): Promise<Escalation> {
  const ledger = new EscalationLedger(course.reached);
  let reached = course.reached ?? firstPhase;
  ledger.waitsFor(run.stop?.waitedFor ?? []);
  const commandIsShell = isShell(run.workflow.command[0]);
  let { begunMonotonic } = course;
  let moreTimeMilliseconds = 0;
  let lastStage: Stage | null = null;
  let hasSignalled = false;
  for (;;) {
    course.signal.throwIfAborted();
    const members = await world.members.of(run.runId);
    await world.clock.turn();
    const now = world.clock.monotonic();
    // It matters when the time is up; once its children are being killed it is too late to ask.
    const isTimeUp = begunMonotonic !== null && now - begunMonotonic >= run.workflow.kill.graceful;
    if (isTimeUp && (lastStage === null || lastStage === 'graceful')) {
      moreTimeMilliseconds = await moreTimeOf(world, run);
    }
    const due: StageFacts = {
      decidedMilliseconds: now - course.decidedMonotonic,
      begunMilliseconds: begunMonotonic === null ? null : now - begunMonotonic,
      moreTimeMilliseconds,
      force: course.isForced(),
      lengths: run.workflow.kill,
    };
    const stage = stageAt(due);
    const isNewStage = stage !== lastStage;
    lastStage = stage;
    ledger.enter(stage, now);
    ledger.see(members, now);
    const criticalSections = stage === 'wait' || isNewStage ? await criticalSectionsOf(world, run, members) : [];
    await world.clock.turn();
    const facts: EscalationFacts = { ...due, members, commandIsShell, criticalSections, ...ledger.facts(now) };
    let step = nextStep(facts);
    if (step.kind === 'begin') {
      begunMonotonic = now;
      lastStage = 'graceful';
      await Promise.all([forgetMoreTimeOf(world, run), course.onBegin(now)]);
      ledger.enter('graceful', now);
      step = nextStep({ ...facts, begunMilliseconds: 0 });
    }
    if (step.kind !== 'wait') ledger.interrupts(criticalSections);
    if (!hasSignalled && members.length > 0 && (step.kind === 'signal' || step.kind === 'end')) {
      hasSignalled = true;
      await course.onFirstSignal(members);
    }
    const phase = members.length === 0 ? null : phaseOf(step);
    if (phase !== null && isFurther(phase, reached)) {
      reached = phase;
      course.onPhase(phase);
    }
    switch (step.kind) {
      case 'done':
        return ledger.report(world.clock.monotonic(), []);
      case 'survivors':
        return ledger.report(now, step.survivors);
      case 'wait':
        if (ledger.waitsFor(step.sections)) await course.onWait(step.sections);
        break;
      case 'begin':
        throw new RangeError('a stop begins once');
      case 'signal':
        note(ledger, step.phase, step.orders, await world.executor.signal(step.orders));
        break;
      case 'end':
        await end(world, run, ledger, members, step);
        break;
    }
    const { lookAgainMilliseconds } = step;
    // A timer takes a millisecond at least, and at the proof it would be one for nothing.
    if (lookAgainMilliseconds === 0) await world.clock.turn();
    else await world.clock.sleep(lookAgainMilliseconds, course.signal);
  }
}

function phaseOf(step: EscalationStep): Phase | null {
  if (step.kind === 'end') return 'system';
  return step.kind === 'signal' && step.orders.length > 0 ? step.phase : null;
}

/** Everyone at once, and standing still, so that nobody is missed who forks meanwhile. */
async function end(
  world: World,
  run: Run,
  ledger: EscalationLedger,
  members: readonly Member[],
  { spareWrapper, wholeControlGroup }: Extract<EscalationStep, { readonly kind: 'end' }>,
): Promise<void> {
  if (members.length === 0) return;
  const frozen = await world.members.freeze(run.runId);
  const freezing = frozen.map(({ member: { identity } }): SignalOrder => ({ identity, signal: 'SIGSTOP' }));
  const outcomes = frozen.map(({ outcome }) => outcome);
  note(ledger, 'system', freezing, outcomes);
  ledger.meet(frozen.map(({ member }) => member));
  const wrapper = members.filter(({ role }) => role === 'wrapper');
  const condemned = [...frozen.map(({ member }) => member), ...(spareWrapper ? [] : wrapper)];
  const orders = condemned.map(({ identity }): SignalOrder => ({ identity, signal: 'SIGKILL' }));
  note(ledger, 'system', orders, await world.executor.signal(orders));
  if (wholeControlGroup) await world.members.killControlGroup(run.runId);
  if (condemned.length > 0 || !spareWrapper) return;
  // It may have been stopped together with its group, and could not write its record then.
  await world.executor.signal(wrapper.map(({ identity }): SignalOrder => ({ identity, signal: 'SIGCONT' })));
}

function note(
  ledger: EscalationLedger,
  phase: Phase,
  orders: readonly SignalOrder[],
  outcomes: readonly SignalOutcome[],
): void {
  for (const [index, order] of orders.entries()) ledger.note(phase, order, outcomes[index] ?? 'gone');
}
