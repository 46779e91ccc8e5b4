import type { SignalOrder } from '../../../src/core/escalation.ts';
import type { Member, Role } from '../../../src/core/membership.ts';
import { aMember } from './a-process.ts';

/** How a simulated process takes what is done to it. */
export interface Behaviour {
  readonly role: Role;
  /** Milliseconds from SIGTERM to its end; null ignores it. */
  readonly endsAfterTerm: number | null;
  /** Milliseconds from SIGKILL to its end; null is state D, or another user's. */
  readonly endsAfterKill: number | null;
  /** Of the wrapper: milliseconds from the end of the command to its own; null hangs. */
  readonly endsAfterCommand: number | null;
  /** Children that it still makes, one between two looks. */
  readonly forks: number;
}

interface SimulatedProcess {
  readonly member: Member;
  readonly behaviour: Behaviour;
  endsAt: number;
  forks: number;
}

/** The processes of one run, without an operating system and without a clock. */
export class ProcessTree {
  #processes: SimulatedProcess[] = [];
  #nextPid = 100;

  constructor(behaviours: readonly Behaviour[]) {
    for (const behaviour of behaviours) this.#arrive(behaviour);
  }

  /** Who is alive now, after whatever happened since the last look. */
  look(now: number): Member[] {
    this.#processes = this.#processes.filter(({ endsAt }) => endsAt > now);
    for (const parent of this.#processes.filter(({ forks }) => forks > 0)) {
      parent.forks -= 1;
      this.#arrive({ ...parent.behaviour, role: 'member', forks: 0 });
    }
    if (!this.#processes.some(({ member }) => member.role === 'command')) {
      for (const { behaviour, member } of this.#processes) {
        if (member.role === 'wrapper') this.#end(member.identity.pid, behaviour.endsAfterCommand, now);
      }
    }
    return this.#processes.map(({ member }) => member);
  }

  take({ identity, signal }: SignalOrder, now: number): void {
    const behaviour = this.#processes.find(({ member }) => member.identity.pid === identity.pid)?.behaviour;
    if (behaviour === undefined) return;
    if (signal === 'SIGTERM') this.#end(identity.pid, behaviour.endsAfterTerm, now);
    if (signal === 'SIGKILL') this.#end(identity.pid, behaviour.endsAfterKill, now);
  }

  #arrive(behaviour: Behaviour): void {
    this.#nextPid += 1;
    const member = aMember(this.#nextPid, behaviour.role, { groupId: 100 });
    this.#processes.push({ member, behaviour, endsAt: Number.POSITIVE_INFINITY, forks: behaviour.forks });
  }

  #end(pid: number, delay: number | null, now: number): void {
    const ending = this.#processes.find(({ member }) => member.identity.pid === pid);
    if (ending !== undefined && delay !== null) ending.endsAt = Math.min(ending.endsAt, now + delay);
  }
}
