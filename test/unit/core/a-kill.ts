import {
  defaultPhaseStarts,
  type EscalationFacts,
  type EscalationStep,
  nextStep,
  sentKey,
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
  /** Elapsed milliseconds at which somebody takes the kill over who knows nothing of what was sent before. */
  readonly from?: number;
}

/** What a look at a busy machine takes. */
const sweepMilliseconds = 20;

/** Carries out a whole kill of a simulated run as the supervisor does. */
export function killOf(
  behaviours: readonly Behaviour[],
  { force = false, commandIsShell = false, from = 0 }: KillOptions = {},
): KillLook[] {
  const tree = new ProcessTree(behaviours);
  const looks: KillLook[] = [];
  const sent = new Set<string>();
  let now = from;
  for (;;) {
    const facts: EscalationFacts = {
      elapsedMilliseconds: now,
      force,
      commandIsShell,
      sent: new Set(sent),
      phaseStarts: defaultPhaseStarts,
      ...seenSoFar(tree.look(now), now, looks),
    };
    const step = nextStep(facts);
    looks.push({ facts, step });
    if (step.kind !== 'signal') return looks;
    for (const order of step.orders) {
      tree.take(order, now);
      sent.add(sentKey(step.phase, order));
    }
    now += sweepMilliseconds + step.lookAgainMilliseconds;
  }
}

function seenSoFar(
  members: EscalationFacts['members'],
  now: number,
  looks: readonly KillLook[],
): Pick<EscalationFacts, 'members' | 'emptyLooks' | 'unchangedMilliseconds' | 'wrapperAloneMilliseconds'> {
  const before = looks.at(-1)?.facts;
  const passed = now - (before?.elapsedMilliseconds ?? now);
  const alone = members.length > 0 && members.every(({ role }) => role === 'wrapper');
  const wasAlone = before?.wrapperAloneMilliseconds ?? null;
  return {
    members,
    emptyLooks: members.length > 0 ? 0 : (before?.emptyLooks ?? 0) + 1,
    unchangedMilliseconds:
      before !== undefined && pids(before.members) === pids(members) ? before.unchangedMilliseconds + passed : 0,
    wrapperAloneMilliseconds: alone ? (wasAlone === null ? 0 : wasAlone + passed) : null,
  };
}

function pids(members: EscalationFacts['members']): string {
  return members.map(({ identity }) => identity.pid).join(' ');
}
