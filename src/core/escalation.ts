import type { Member } from './membership.ts';
import { keyOf, type ProcessIdentity } from './process-identity.ts';

export type Signal = 'SIGTERM' | 'SIGCONT' | 'SIGSTOP' | 'SIGKILL';

/** `wait` ends with the critical section; the others send signals. */
export type Phase = 'graceful' | 'forced' | 'system';

/** When each phase begins, in milliseconds after the kill was decided. */
export interface PhaseStarts {
  readonly forced: number;
  readonly system: number;
}

/** SIGTERM at once, SIGKILL to the children after 5 s, SIGKILL to all after 10 s. */
export const defaultPhaseStarts: PhaseStarts = { forced: 5_000, system: 10_000 };

/** How long the system phase goes on without progress before the survivors are reported; it is tried again later. */
export const givesUpAfterMilliseconds = 5_000;

/** How long the wrapper may take to write the exit record once everyone else is gone. */
const recordGraceMilliseconds = 500;

/** Two looks in a row that find nobody are the proof: a process may fork right behind the first. */
export const emptyLooksThatProve = 2;

export interface EscalationFacts {
  /** Since the kill was decided, on a clock that neither sleep nor clock changes move. */
  readonly elapsedMilliseconds: number;
  /** A forced kill starts at the system phase. */
  readonly force: boolean;
  /** Everyone of the run who is alive now. */
  readonly members: readonly Member[];
  /** Looks in a row, this one included, that found nobody. */
  readonly emptyLooks: number;
  /** The command runs through a shell: its whole group is asked to end, as a terminal's Ctrl+C would. */
  readonly commandIsShell: boolean;
  /** Signals ordered so far by whoever carries the kill now, as `sentKey` names them, whatever became of them. */
  readonly sent: ReadonlySet<string>;
  /** Milliseconds since the set of members last changed. */
  readonly unchangedMilliseconds: number;
  /** Milliseconds since only the wrapper is left; null while others live. */
  readonly wrapperAloneMilliseconds: number | null;
  readonly phaseStarts: PhaseStarts;
}

export interface SignalOrder {
  readonly identity: ProcessIdentity;
  readonly signal: Signal;
}

export type EscalationStep =
  /** Send these in order, then look again after `lookAgainMilliseconds`. */
  | {
      readonly kind: 'signal';
      readonly phase: Phase;
      readonly orders: readonly SignalOrder[];
      readonly lookAgainMilliseconds: number;
    }
  /** Verified: nobody is left. */
  | { readonly kind: 'done' }
  /** The operating system does not end them; they are to be named. */
  | { readonly kind: 'survivors'; readonly survivors: readonly Member[] };

export function sentKey(phase: Phase, order: SignalOrder): string {
  return `${phase} ${order.signal} ${keyOf(order.identity)}`;
}

export function phaseAt(facts: Pick<EscalationFacts, 'elapsedMilliseconds' | 'force' | 'phaseStarts'>): Phase {
  if (facts.force || facts.elapsedMilliseconds >= facts.phaseStarts.system) return 'system';
  return facts.elapsedMilliseconds >= facts.phaseStarts.forced ? 'forced' : 'graceful';
}

/**
 * The next step of a kill, from facts alone, so that whoever comes next can go on where another stopped.
 * It is done at the first moment when two looks in a row find nobody, in whatever phase that is.
 */
export function nextStep(facts: EscalationFacts): EscalationStep {
  const phase = phaseAt(facts);
  if (facts.members.length === 0) {
    return facts.emptyLooks >= emptyLooksThatProve
      ? { kind: 'done' }
      : { kind: 'signal', phase, orders: [], lookAgainMilliseconds: 0 };
  }
  const orders = ordersOf(phase, facts);
  const newOrders = orders.filter((order) => !facts.sent.has(sentKey(phase, order)));
  if (phase === 'system' && orders.length > 0 && newOrders.length === 0 && isStalled(facts)) {
    return { kind: 'survivors', survivors: facts.members };
  }
  return {
    kind: 'signal',
    phase,
    orders: phase === 'system' ? orders : newOrders,
    lookAgainMilliseconds: pauseFor(phase, facts.elapsedMilliseconds),
  };
}

/** Somebody who sat through the earlier phases gets the whole time again in the one that nobody can ignore. */
function isStalled(facts: EscalationFacts): boolean {
  const inSystemPhase = facts.elapsedMilliseconds - (facts.force ? 0 : facts.phaseStarts.system);
  return Math.min(facts.unchangedMilliseconds, inSystemPhase) >= givesUpAfterMilliseconds;
}

/** Short at first, since most trees end within milliseconds; then slower, since a sweep is not free. */
function pauseFor(phase: Phase, elapsedMilliseconds: number): number {
  if (phase === 'system') return 5;
  if (elapsedMilliseconds < 250) return 10;
  return elapsedMilliseconds < 1_000 ? 25 : 100;
}

function ordersOf(phase: Phase, facts: EscalationFacts): SignalOrder[] {
  switch (phase) {
    case 'graceful':
      return gracefulOrders(facts);
    case 'forced':
      return forcedOrders(facts);
    case 'system':
      return systemOrders(facts);
  }
}

/** TERM is followed by CONT: a stopped process does not see it otherwise. */
function askToEnd(member: Member): SignalOrder[] {
  return [
    { identity: member.identity, signal: 'SIGTERM' },
    { identity: member.identity, signal: 'SIGCONT' },
  ];
}

/** Once the command is gone nobody tells the others any more, so they are asked themselves. */
function gracefulOrders(facts: EscalationFacts): SignalOrder[] {
  const command = facts.members.find((member) => member.role === 'command');
  const others = facts.members.filter((member) => member.role === 'member');
  if (command === undefined) return others.flatMap(askToEnd);
  const group = facts.commandIsShell ? others.filter((member) => member.facts.groupId === command.facts.groupId) : [];
  return [command, ...group].flatMap(askToEnd);
}

/** The command may still save its state; its children are ended under it. */
function forcedOrders(facts: EscalationFacts): SignalOrder[] {
  return facts.members.flatMap((member): SignalOrder[] => {
    switch (member.role) {
      case 'command':
        return askToEnd(member);
      case 'member':
        return [{ identity: member.identity, signal: 'SIGKILL' }];
      case 'wrapper':
        return [];
    }
  });
}

/** The wrapper is spared until it has had the time to record the exit. */
function systemOrders(facts: EscalationFacts): SignalOrder[] {
  const spareWrapper = (facts.wrapperAloneMilliseconds ?? 0) < recordGraceMilliseconds;
  return facts.members
    .filter((member) => member.role !== 'wrapper' || !spareWrapper)
    .map((member) => ({ identity: member.identity, signal: 'SIGKILL' }));
}

/** The shells whose only work is to run others. */
const shells = new Set(['sh', 'bash', 'dash', 'zsh', 'ksh', 'fish', 'ash', 'busybox']);

export function isShell(program: string): boolean {
  return shells.has((program.split(/[\\/]/).at(-1) ?? '').replace(/\.exe$/i, ''));
}
