import type { CriticalSection } from './critical-section.ts';
import type { Member } from './membership.ts';
import { keyOf, type ProcessIdentity } from './process-identity.ts';

export type Signal = 'SIGTERM' | 'SIGCONT' | 'SIGSTOP' | 'SIGKILL';

/** The phases that send signals; what a kill's method is named after. */
export type Phase = 'graceful' | 'forced' | 'system';

/** `wait` lets a critical section come to its end before anybody is told anything. */
export type Stage = 'wait' | Phase;

/** How long each stage lasts at most, in milliseconds. The system phase has no end but the proof. */
export type StageLengths = Readonly<Record<Exclude<Stage, 'system'>, number>>;

/** 30 s for critical sections; SIGTERM, after 5 s SIGKILL to the children, after 10 s SIGKILL to all. */
export const defaultStageLengths: StageLengths = { wait: 30_000, graceful: 5_000, forced: 5_000 };

/** How long the system phase goes on without progress before the survivors are reported; it is tried again later. */
export const givesUpAfterMilliseconds = 5_000;

/** The same where new processes come and go all the time, so that it never stands still. */
export const givesUpInTurmoilAfterMilliseconds = 30_000;

/** How long the wrapper may take to write the exit record once everyone else is gone. */
const recordGraceMilliseconds = 500;

/**
 * How long freezing and killing is tried alone in the system phase. The kernel's kill of a whole control group takes the
 * wrapper too, and with it the exit record.
 */
const aloneMilliseconds = 1_000;

/** Two looks in a row that find nobody are the proof: a process may fork right behind the first. */
export const emptyLooksThatProve = 2;

export interface EscalationFacts extends StageFacts {
  /** Everyone of the run who is alive now. */
  readonly members: readonly Member[];
  /** What should not be cut in two; looked for until the graceful phase begins. */
  readonly criticalSections: readonly CriticalSection[];
  /** Looks in a row, this one included, that found nobody. */
  readonly emptyLooks: number;
  /** The command runs through a shell: its whole group is asked to end, as a terminal's Ctrl+C would. */
  readonly commandIsShell: boolean;
  /** Signals ordered so far by whoever carries the kill now, as `sentKey` names them, whatever became of them. */
  readonly sent: ReadonlySet<string>;
  /** Milliseconds since whoever carries the kill now saw the stage begin. */
  readonly stageMilliseconds: number;
  /** Milliseconds since the set of members last changed. */
  readonly unchangedMilliseconds: number;
  /** Milliseconds since only the wrapper is left; null while others live. */
  readonly wrapperAloneMilliseconds: number | null;
}

/** What decides which stage is due. Times in milliseconds, on a clock that neither sleep nor clock changes move. */
export interface StageFacts {
  /** Since the kill was decided. */
  readonly decidedMilliseconds: number;
  /** Since the graceful phase began; null when it has not. */
  readonly begunMilliseconds: number | null;
  /** What the run asked for when it was told to end. */
  readonly moreTimeMilliseconds: number;
  /** A forced kill starts at the system phase, and waits for nothing. */
  readonly force: boolean;
  readonly lengths: StageLengths;
}

/** What a kill is named after that needed nothing stronger. */
export const firstPhase: Phase = 'graceful';

export function isFurther(phase: Phase, reached: Phase): boolean {
  const order: readonly Phase[] = ['graceful', 'forced', 'system'];
  return order.indexOf(phase) > order.indexOf(reached);
}

export interface SignalOrder {
  readonly identity: ProcessIdentity;
  readonly signal: Signal;
}

export type EscalationStep =
  /** Let these come to their end, then look again. */
  | { readonly kind: 'wait'; readonly sections: readonly CriticalSection[]; readonly lookAgainMilliseconds: number }
  /** Write down that the graceful phase begins now, then ask again. */
  | { readonly kind: 'begin' }
  /** Send these in order, then look again. */
  | {
      readonly kind: 'signal';
      readonly phase: Phase;
      readonly orders: readonly SignalOrder[];
      readonly lookAgainMilliseconds: number;
    }
  /** Freeze everyone as he is recognised, kill all of them, then look again. */
  | {
      readonly kind: 'end';
      readonly spareWrapper: boolean;
      /** Kill the run's control group as a whole too, where it has one of its own. */
      readonly wholeControlGroup: boolean;
      readonly lookAgainMilliseconds: number;
    }
  /** Verified: nobody is left. */
  | { readonly kind: 'done' }
  /** The operating system does not end them; they are to be named. The wrapper that waits for them is not one of them. */
  | { readonly kind: 'survivors'; readonly survivors: readonly Member[] };

export function sentKey(phase: Phase, order: SignalOrder): string {
  return `${phase} ${order.signal} ${keyOf(order.identity)}`;
}

/** When a stage ends, in milliseconds since the kill was decided (wait) or begun; null where only the proof ends it. */
export function endOfStage(stage: Stage, { lengths, moreTimeMilliseconds }: StageFacts): number | null {
  const granted = Math.min(moreTimeMilliseconds, lengths.graceful);
  switch (stage) {
    case 'wait':
      return lengths.wait;
    case 'graceful':
      return lengths.graceful + granted;
    case 'forced':
      return lengths.graceful + granted + lengths.forced;
    case 'system':
      return null;
  }
}

export function stageAt(facts: StageFacts): Stage {
  if (facts.force) return 'system';
  const { begunMilliseconds } = facts;
  if (begunMilliseconds === null) return 'wait';
  const isOver = (stage: Stage): boolean => begunMilliseconds >= (endOfStage(stage, facts) ?? Infinity);
  if (!isOver('graceful')) return 'graceful';
  return isOver('forced') ? 'system' : 'forced';
}

/**
 * The next step of a kill, from facts alone, so that whoever comes next can go on where another stopped.
 * It is done at the first moment when two looks in a row find nobody, in whatever stage that is.
 */
export function nextStep(facts: EscalationFacts): EscalationStep {
  const stage = stageAt(facts);
  if (facts.members.length === 0 && facts.emptyLooks >= emptyLooksThatProve) return { kind: 'done' };
  const lookAgainMilliseconds = facts.members.length === 0 ? 0 : pauseIn(stage, facts.stageMilliseconds);
  switch (stage) {
    case 'wait':
      return mayWait(facts)
        ? { kind: 'wait', sections: facts.criticalSections, lookAgainMilliseconds }
        : { kind: 'begin' };
    case 'graceful':
    case 'forced': {
      const orders = stage === 'graceful' ? gracefulOrders(facts) : forcedOrders(facts);
      const newOrders = orders.filter((order) => !facts.sent.has(sentKey(stage, order)));
      return { kind: 'signal', phase: stage, orders: newOrders, lookAgainMilliseconds };
    }
    case 'system': {
      const spareWrapper = mayRecord(facts);
      const condemned = facts.members.filter(({ role }) => role !== 'wrapper' || !spareWrapper);
      if (isHopeless(facts, condemned)) return { kind: 'survivors', survivors: condemned };
      const othersLive = facts.wrapperAloneMilliseconds === null;
      const wholeControlGroup = othersLive && facts.stageMilliseconds >= aloneMilliseconds;
      return { kind: 'end', spareWrapper, wholeControlGroup, lookAgainMilliseconds };
    }
  }
}

function mayWait({ criticalSections, decidedMilliseconds, lengths }: EscalationFacts): boolean {
  return criticalSections.length > 0 && decidedMilliseconds < lengths.wait;
}

/** The wrapper is spared until it has had the time to record the exit. */
function mayRecord({ wrapperAloneMilliseconds }: EscalationFacts): boolean {
  return (wrapperAloneMilliseconds ?? 0) < recordGraceMilliseconds;
}

/** Nobody is named whom nobody has tried to kill, nor one who only sat through the earlier stages. */
function isHopeless(facts: EscalationFacts, condemned: readonly Member[]): boolean {
  if (condemned.length === 0) return false;
  if (facts.stageMilliseconds >= givesUpInTurmoilAfterMilliseconds) return true;
  const isTried = condemned.every(({ identity }) => facts.sent.has(sentKey('system', { identity, signal: 'SIGKILL' })));
  const unmoved = Math.min(facts.unchangedMilliseconds, facts.stageMilliseconds);
  return isTried && unmoved >= givesUpAfterMilliseconds;
}

/** Short at first, since most trees end within milliseconds; then slower, since a look is not free. */
function pauseIn(stage: Stage, stageMilliseconds: number): number {
  if (stage === 'wait') return 50;
  if (stage === 'system') return stageMilliseconds < 250 ? 5 : 50;
  if (stageMilliseconds < 50) return 3;
  if (stageMilliseconds < 250) return 10;
  return stageMilliseconds < 1_000 ? 25 : 100;
}

/** TERM is followed by CONT: a stopped process does not see it otherwise. */
function askToEnd(members: readonly Member[]): SignalOrder[] {
  const signals: readonly Signal[] = ['SIGTERM', 'SIGCONT'];
  return members.flatMap(({ identity }) => signals.map((signal): SignalOrder => ({ identity, signal })));
}

/**
 * A shell's group is asked once, with it: what the shell starts when it is told is how it saves its work. Once the command
 * is gone nobody tells the others any more, so they are asked themselves.
 */
function gracefulOrders(facts: EscalationFacts): SignalOrder[] {
  const command = facts.members.find((member) => member.role === 'command');
  const others = facts.members.filter((member) => member.role === 'member');
  if (command === undefined) return [...askToEnd(others), ...wrapperOrders(facts)];
  const isAsked = facts.sent.has(sentKey('graceful', { identity: command.identity, signal: 'SIGTERM' }));
  const group = facts.commandIsShell && !isAsked ? others.filter(isInGroupOf(command)) : [];
  return askToEnd([command, ...group]);
}

function isInGroupOf({ facts: { groupId } }: Member): (member: Member) => boolean {
  return ({ facts }) => facts.groupId === groupId;
}

/** The command may still save its state; its children are ended under it. */
function forcedOrders(facts: EscalationFacts): SignalOrder[] {
  return facts.members.flatMap((member): SignalOrder[] => {
    switch (member.role) {
      case 'command':
        return askToEnd([member]);
      case 'member':
        return [{ identity: member.identity, signal: 'SIGKILL' }];
      case 'wrapper':
        return wrapperOrders(facts);
    }
  });
}

/**
 * Left alone for longer than it takes to record the exit, it waits for those that it adopted, and they are another run's;
 * it can be told to leave then. While it is still to record, it does not heed this.
 */
function wrapperOrders(facts: EscalationFacts): SignalOrder[] {
  return mayRecord(facts) ? [] : askToEnd(facts.members.filter(({ role }) => role === 'wrapper'));
}

/** The shells whose only work is to run others. */
const shells = new Set(['sh', 'bash', 'dash', 'zsh', 'ksh', 'fish', 'ash', 'busybox']);

export function isShell(program: string): boolean {
  return shells.has((program.split(/[\\/]/).at(-1) ?? '').replace(/\.exe$/i, ''));
}
