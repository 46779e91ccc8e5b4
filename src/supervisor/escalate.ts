import {
  type EscalationFacts,
  type Phase,
  type PhaseStarts,
  type SignalOrder,
  defaultPhaseStarts,
  isShell,
  nextStep,
  phaseAt,
  sentKey,
} from '../core/escalation.ts';
import type { SignalCount, Survivor } from '../core/kill-report.ts';
import type { Member } from '../core/membership.ts';
import { keyOf } from '../core/process-identity.ts';
import type { Run } from '../core/run.ts';
import type { World } from './world.ts';

export interface Escalation {
  readonly method: Phase;
  readonly processes: number;
  readonly signals: readonly SignalCount[];
  readonly survivors: readonly Survivor[];
}

/**
 * Carries out the steps that `core/escalation.ts` decides, until two looks in a row find nobody or the system does not
 * end them. It can be begun anew by anyone at any time: the phase follows from when the stop was decided.
 * @param elapsed milliseconds since then
 * @param force asked at each step, since a person may lose patience meanwhile
 */
export async function escalate(
  world: World,
  run: Run,
  elapsed: () => number,
  force: () => Promise<boolean>,
  phaseStarts: PhaseStarts = defaultPhaseStarts,
): Promise<Escalation> {
  const ledger = new Ledger();
  const commandIsShell = isShell(run.workflow.command[0]);
  for (;;) {
    world.disposed.throwIfAborted();
    const members = await world.members.of(run.runId);
    const due = { elapsedMilliseconds: elapsed(), force: await force(), phaseStarts };
    const phase = phaseAt(due);
    const now = world.clock.monotonic();
    ledger.see(members, phase, now);
    const facts: EscalationFacts = { ...due, members, commandIsShell, ...ledger.facts(now) };
    const step = nextStep(facts);
    if (step.kind === 'done') return { method: ledger.method, ...ledger.report(), survivors: [] };
    if (step.kind === 'survivors') {
      return {
        method: ledger.method,
        ...ledger.report(),
        survivors: step.survivors.map((member) => ledger.survivor(member)),
      };
    }
    const outcomes = await world.executor.signal(step.orders);
    for (const [index, order] of step.orders.entries()) ledger.note(phase, order, outcomes[index] ?? 'gone');
    await world.clock.sleep(step.lookAgainMilliseconds, world.disposed);
  }
}

/** What one escalation has seen and done so far. */
class Ledger {
  method: Phase = 'graceful';
  readonly #sent = new Set<string>();
  readonly #everSeen = new Set<string>();
  readonly #refused = new Set<string>();
  readonly #counts = new Map<string, { count: SignalCount; processes: Set<string> }>();
  #emptyLooks = 0;
  #present = '';
  #phase: Phase | null = null;
  #changedAt = 0;
  #wrapperAloneSince: number | null = null;

  see(members: readonly Member[], phase: Phase, now: number): void {
    const keys = members.map(({ identity }) => keyOf(identity)).sort();
    for (const key of keys) this.#everSeen.add(key);
    this.#emptyLooks = members.length === 0 ? this.#emptyLooks + 1 : 0;
    // A new phase is a new try: what was unmoved by the last one may yield to it.
    if (keys.join(' ') !== this.#present || phase !== this.#phase) {
      this.#present = keys.join(' ');
      this.#phase = phase;
      this.#changedAt = now;
    }
    const onlyWrapper = members.length > 0 && members.every(({ role }) => role === 'wrapper');
    this.#wrapperAloneSince = onlyWrapper ? (this.#wrapperAloneSince ?? now) : null;
  }

  facts(
    now: number,
  ): Pick<EscalationFacts, 'emptyLooks' | 'sent' | 'unchangedMilliseconds' | 'wrapperAloneMilliseconds'> {
    return {
      emptyLooks: this.#emptyLooks,
      sent: this.#sent,
      unchangedMilliseconds: now - this.#changedAt,
      wrapperAloneMilliseconds: this.#wrapperAloneSince === null ? null : now - this.#wrapperAloneSince,
    };
  }

  note(phase: Phase, order: SignalOrder, outcome: 'sent' | 'gone' | 'not_permitted'): void {
    const process = keyOf(order.identity);
    this.#sent.add(sentKey(phase, order));
    if (outcome === 'not_permitted') this.#refused.add(process);
    if (outcome !== 'sent') return;
    this.method = phase;
    const key = `${phase} ${order.signal}`;
    const entry = this.#counts.get(key) ?? {
      count: { phase, signal: order.signal, processes: 0 },
      processes: new Set<string>(),
    };
    entry.processes.add(process);
    this.#counts.set(key, entry);
  }

  report(): Pick<Escalation, 'processes' | 'signals'> {
    const signals = Array.from(this.#counts.values(), ({ count, processes }) => ({
      ...count,
      processes: processes.size,
    }));
    return { processes: this.#everSeen.size, signals };
  }

  survivor({ identity, facts }: Member): Survivor {
    const reason = this.#refused.has(keyOf(identity)) ? 'EPERM' : facts.uninterruptible ? 'uninterruptible' : 'alive';
    return { pid: identity.pid, name: facts.name, reason };
  }
}
