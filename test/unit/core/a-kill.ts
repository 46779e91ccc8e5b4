import {
  defaultStageLengths,
  type EscalationFacts,
  type EscalationStep,
  nextStep,
  type Phase,
  sentKey,
  type SignalOrder,
  type StageLengths,
  stageAt,
  type StageFacts,
} from '../../../src/core/escalation.ts';
import { type Behaviour, ProcessTree } from './a-process-tree.ts';

/** One look of a kill, and what was decided on it. */
export interface KillLook {
  readonly facts: EscalationFacts;
  readonly step: EscalationStep;
}

export interface KillOptions {
  readonly force?: boolean;
  readonly commandIsShell?: boolean;
  readonly lengths?: StageLengths;
  /** Milliseconds at which a critical section ends that was there when the kill was decided. */
  readonly criticalUntil?: number;
  readonly moreTimeMilliseconds?: number;
  /** Elapsed milliseconds at which somebody takes the kill over who knows nothing of what was sent before. */
  readonly from?: number;
}

/** What a look at a busy machine takes. */
const sweepMilliseconds = 20;

/** Carries out a whole kill of a simulated run as the supervisor does. */
export function killOf(
  behaviours: readonly Behaviour[],
  {
    force = false,
    commandIsShell = false,
    lengths = defaultStageLengths,
    criticalUntil = 0,
    moreTimeMilliseconds = 0,
    from = 0,
  }: KillOptions = {},
): KillLook[] {
  const tree = new ProcessTree(behaviours);
  const looks: KillLook[] = [];
  const sent = new Set<string>();
  let now = from;
  // Who takes over finds it written down that it began at once.
  let begunAt: number | null = from > 0 ? 0 : null;
  for (;;) {
    const due: StageFacts = {
      decidedMilliseconds: now,
      begunMilliseconds: begunAt === null ? null : now - begunAt,
      moreTimeMilliseconds,
      force,
      lengths,
    };
    const facts: EscalationFacts = {
      ...due,
      commandIsShell,
      sent: new Set(sent),
      criticalSections: now < criticalUntil ? [{ kind: 'git', operation: 'commit', pid: 7 }] : [],
      ...seenSoFar(tree.look(now), now, due, looks),
    };
    const step = nextStep(facts);
    looks.push({ facts, step });
    if (step.kind === 'done' || step.kind === 'survivors') return looks;
    if (step.kind === 'begin') {
      begunAt = now;
      continue;
    }
    for (const { phase, order } of ordersOf({ facts, step })) {
      tree.take(order, now);
      sent.add(sentKey(phase, order));
    }
    now += sweepMilliseconds + step.lookAgainMilliseconds;
  }
}

/** The signals of one step. Whoever is to be ended is stopped first. */
export function ordersOf({ facts, step }: KillLook): { readonly phase: Phase; readonly order: SignalOrder }[] {
  if (step.kind === 'signal') return step.orders.map((order) => ({ phase: step.phase, order }));
  if (step.kind !== 'end') return [];
  const condemned = facts.members.filter(({ role }) => role !== 'wrapper' || !step.spareWrapper);
  return condemned.map(({ identity }) => ({ phase: 'system', order: { identity, signal: 'SIGKILL' } }));
}

function seenSoFar(
  members: EscalationFacts['members'],
  now: number,
  due: StageFacts,
  looks: readonly KillLook[],
): Pick<
  EscalationFacts,
  'members' | 'emptyLooks' | 'stageMilliseconds' | 'unchangedMilliseconds' | 'wrapperAloneMilliseconds'
> {
  const before = looks.at(-1)?.facts;
  const passed = now - (before?.decidedMilliseconds ?? now);
  const isSameStage = before !== undefined && stageAt(before) === stageAt(due);
  const alone = members.length > 0 && members.every(({ role }) => role === 'wrapper');
  const wasAlone = before?.wrapperAloneMilliseconds ?? null;
  return {
    members,
    emptyLooks: members.length > 0 ? 0 : (before?.emptyLooks ?? 0) + 1,
    stageMilliseconds: isSameStage ? before.stageMilliseconds + passed : 0,
    unchangedMilliseconds:
      isSameStage && pids(before.members) === pids(members) ? before.unchangedMilliseconds + passed : 0,
    wrapperAloneMilliseconds: alone ? (wasAlone === null ? 0 : wasAlone + passed) : null,
  };
}

function pids(members: EscalationFacts['members']): string {
  return members.map(({ identity }) => identity.pid).join(' ');
}
