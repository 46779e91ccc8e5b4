import type { CriticalSection } from '../core/critical-section.ts';
import {
  type EscalationFacts,
  firstPhase,
  isFurther,
  type Phase,
  sentKey,
  type SignalOrder,
  type Stage,
} from '../core/escalation.ts';
import type { KillReport, Survivor } from '../core/kill-report.ts';
import type { Member } from '../core/membership.ts';
import type { SignalOutcome } from '../core/ports/executor.ts';
import { keyOf } from '../core/process-identity.ts';

/** What was observed of an escalation. */
export type Escalation = Pick<
  KillReport,
  'method' | 'processes' | 'signals' | 'survivors' | 'stages' | 'waitedFor' | 'interrupted'
>;

/** What one escalation has seen and done so far. */
export class EscalationLedger {
  #method: Phase;
  readonly #sent = new Set<string>();
  readonly #everSeen = new Set<string>();
  readonly #refused = new Set<string>();
  readonly #counts = new Map<string, { count: Escalation['signals'][number]; processes: Set<string> }>();
  readonly #stages: { readonly stage: Stage; readonly from: number }[] = [];
  readonly #waitedFor = new Map<string, CriticalSection>();
  readonly #interrupted = new Map<string, CriticalSection>();
  #waitingFor = '[]';
  #emptyLooks = 0;
  #present = '';
  #changedAt = 0;
  #wrapperAloneSince: number | null = null;

  /** @param reached the furthest phase of those who carried it before */
  constructor(reached: Phase | null) {
    this.#method = reached ?? firstPhase;
  }

  enter(stage: Stage, now: number): void {
    if (this.#stages.at(-1)?.stage === stage) return;
    this.#stages.push({ stage, from: now });
    // A new stage is a new try: what was unmoved by the last one may yield to it.
    this.#changedAt = now;
  }

  see(members: readonly Member[], now: number): void {
    const present = members.map(({ identity }) => keyOf(identity)).sort();
    this.meet(members);
    this.#emptyLooks = members.length === 0 ? this.#emptyLooks + 1 : 0;
    if (present.join(' ') !== this.#present) {
      this.#present = present.join(' ');
      this.#changedAt = now;
    }
    const onlyWrapper = members.length > 0 && members.every(({ role }) => role === 'wrapper');
    this.#wrapperAloneSince = onlyWrapper ? (this.#wrapperAloneSince ?? now) : null;
  }

  meet(members: readonly Member[]): void {
    for (const { identity } of members) this.#everSeen.add(keyOf(identity));
  }

  /** @returns whether these are others than the last ones */
  waitsFor(sections: readonly CriticalSection[]): boolean {
    for (const section of sections) this.#waitedFor.set(JSON.stringify(section), section);
    const text = JSON.stringify(sections);
    const isNew = text !== this.#waitingFor;
    this.#waitingFor = text;
    return isNew;
  }

  /** Under way when a stage began that does not wait for them. */
  interrupts(sections: readonly CriticalSection[]): void {
    for (const section of sections) this.#interrupted.set(JSON.stringify(section), section);
  }

  facts(
    now: number,
  ): Pick<
    EscalationFacts,
    'emptyLooks' | 'sent' | 'stageMilliseconds' | 'unchangedMilliseconds' | 'wrapperAloneMilliseconds'
  > {
    return {
      emptyLooks: this.#emptyLooks,
      sent: this.#sent,
      stageMilliseconds: now - (this.#stages.at(-1)?.from ?? now),
      unchangedMilliseconds: now - this.#changedAt,
      wrapperAloneMilliseconds: this.#wrapperAloneSince === null ? null : now - this.#wrapperAloneSince,
    };
  }

  note(phase: Phase, order: SignalOrder, outcome: SignalOutcome): void {
    const process = keyOf(order.identity);
    this.#sent.add(sentKey(phase, order));
    if (outcome === 'not_permitted') this.#refused.add(process);
    if (outcome !== 'sent') return;
    if (isFurther(phase, this.#method)) this.#method = phase;
    const key = `${phase} ${order.signal}`;
    const entry = this.#counts.get(key) ?? {
      count: { phase, signal: order.signal, processes: 0 },
      processes: new Set<string>(),
    };
    entry.processes.add(process);
    this.#counts.set(key, entry);
  }

  report(now: number, survivors: readonly Member[]): Escalation {
    return {
      method: this.#method,
      processes: this.#everSeen.size,
      signals: Array.from(this.#counts.values(), ({ count, processes }) => ({ ...count, processes: processes.size })),
      survivors: survivors.map((member) => this.#survivor(member)),
      stages: this.#stageTimes(now),
      waitedFor: [...this.#waitedFor.values()],
      interrupted: [...this.#interrupted.values()],
    };
  }

  /** Where there was nothing to wait for, no waiting is told of. */
  #stageTimes(now: number): Escalation['stages'] {
    return this.#stages
      .map(({ stage, from }, index) => ({ stage, milliseconds: (this.#stages[index + 1]?.from ?? now) - from }))
      .filter(({ stage }) => stage !== 'wait' || this.#waitedFor.size > 0);
  }

  #survivor({ identity, facts }: Member): Survivor {
    const reason = this.#refused.has(keyOf(identity)) ? 'EPERM' : facts.uninterruptible ? 'uninterruptible' : 'alive';
    return { pid: identity.pid, name: facts.name, reason };
  }
}
