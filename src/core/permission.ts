import type { Actor } from './actor.ts';
import { matchesGlob } from './glob.ts';
import type { RunId } from './run-id.ts';

/** What may be permitted. Each verb of the supervisor stands for one of them. */
export const permissions = [
  /** Which runs there are and how they are: see `withoutPrivate` for what that leaves out for those who may not read. */
  'status',
  /** Messages, logs, paths, changes, worktrees. */
  'read',
  'run',
  'kill',
  'restart',
  'complete',
  'extend',
  'checkpoint',
  'restore',
  'snooze',
  'heartbeat',
  /** That somebody who may kill a run does so. */
  'ask',
  /** What others have asked for. */
  'answer',
  /** To remove worktrees. */
  'cleanup',
  /** To put right what is wrong with the whole. */
  'repair',
  /** The webhook. */
  'settings',
  'audit',
  /** To remove what the audit log tells of people. */
  'redact',
  'keys',
] as const;

export type Permission = (typeof permissions)[number];

/** As what somebody acts, with what belongs to that. */
export type Standing =
  /** The operating system's user: his own runs are those that he has started. */
  | { readonly role: 'owner' }
  | { readonly role: 'admin' }
  /** @property team users whose runs he leads; his own are among them */
  | { readonly role: 'team_lead'; readonly team: readonly string[] }
  /** @property workflows patterns of names, see matchesGlob */
  | { readonly role: 'automation'; readonly may: readonly Permission[]; readonly workflows: readonly string[] }
  | { readonly role: 'read_only' }
  | { readonly role: 'external' }
  | {
      readonly role: 'run';
      readonly runId: RunId;
      /** The runs that it was started from, the nearest first. */
      readonly ancestors: readonly RunId[];
      /** It is not over, and has shown the token that it was started with. */
      readonly isProved: boolean;
    };

/** Who acts, and as what. */
export type Principal = Pick<Actor, 'user' | 'face'> & Standing;

/** What something is to be done with. */
export type Target =
  | {
      readonly kind: 'run';
      readonly runId: RunId;
      readonly owner: string;
      readonly workflowName: string;
      /** The runs that it was started from, the nearest first. */
      readonly ancestors: readonly RunId[];
    }
  /** A run that is not there yet. */
  | { readonly kind: 'workflow'; readonly name: string }
  /** All runs, or what belongs to none. */
  | { readonly kind: 'all' };

/** Why somebody may not do something. */
export type Refusal =
  | 'not_own_run'
  | 'not_in_team'
  | 'not_in_policy'
  | 'may_only_read'
  | 'may_only_see_status'
  | 'not_for_this_role'
  | 'itself'
  | 'ancestor'
  | 'not_descendant'
  | 'not_proved';

/** What anybody who reads may do. */
const reading: ReadonlySet<Permission> = new Set(['status', 'read', 'audit']);

/** Whoever only looks changes nothing by it. */
export function isReading(permission: Permission): boolean {
  return reading.has(permission);
}

/** What a team lead may do with the runs of his team. */
const leading: ReadonlySet<Permission> = new Set([
  'kill',
  'restart',
  'complete',
  'extend',
  'checkpoint',
  'restore',
  'snooze',
  'answer',
]);

/** A key that makes keys could do anything, and what a run asks for is for people to answer. */
export const forPeople: ReadonlySet<Permission> = new Set(['keys', 'answer', 'redact']);

/** What a run may do with those that it has started. */
const parenting: ReadonlySet<Permission> = new Set(['kill', 'restart', 'complete', 'extend', 'checkpoint', 'restore']);

/**
 * Who may do what (see docs/security.md).
 * @returns null when it is permitted, else why it is not
 */
export function refusalOf(principal: Principal, permission: Permission, target: Target): Refusal | null {
  switch (principal.role) {
    case 'admin':
      return null;
    case 'owner':
      if (isReading(permission) || target.kind !== 'run') return null;
      return target.owner === principal.user ? null : 'not_own_run';
    case 'team_lead':
      return refusalOfLead(principal, permission, target);
    case 'automation':
      return refusalOfAutomation(principal, permission, target);
    case 'read_only':
      return isReading(permission) ? null : 'may_only_read';
    case 'external':
      return permission === 'status' ? null : 'may_only_see_status';
    case 'run':
      return refusalOfRun(principal, permission, target);
  }
}

function refusalOfLead(
  { user, team }: Extract<Principal, { role: 'team_lead' }>,
  permission: Permission,
  target: Target,
): Refusal | null {
  if (isReading(permission) || (permission === 'run' && target.kind === 'workflow')) return null;
  if (!leading.has(permission) || target.kind !== 'run') return 'not_for_this_role';
  return target.owner === user || team.includes(target.owner) ? null : 'not_in_team';
}

function refusalOfAutomation(
  { may, workflows }: Extract<Principal, { role: 'automation' }>,
  permission: Permission,
  target: Target,
): Refusal | null {
  if (isReading(permission)) return null;
  if (forPeople.has(permission)) return 'not_for_this_role';
  if (!may.includes(permission)) return 'not_in_policy';
  const isMeant = (name: string): boolean => workflows.some((pattern) => matchesGlob(pattern, name));
  switch (target.kind) {
    case 'run':
      return isMeant(target.workflowName) ? null : 'not_in_policy';
    case 'workflow':
      return isMeant(target.name) ? null : 'not_in_policy';
    case 'all':
      return workflows.includes('*') ? null : 'not_in_policy';
  }
}

function refusalOfRun(
  { runId, ancestors, isProved }: Extract<Principal, { role: 'run' }>,
  permission: Permission,
  target: Target,
): Refusal | null {
  if (isReading(permission)) return null;
  const isItself = target.kind === 'run' && target.runId === runId;
  if (permission === 'heartbeat') return isItself ? null : 'not_for_this_role';
  if (!isProved) return 'not_proved';
  if (permission === 'ask') return target.kind === 'run' ? null : 'not_for_this_role';
  if (permission === 'run') return target.kind === 'workflow' ? null : 'not_for_this_role';
  if (!parenting.has(permission) || target.kind !== 'run') return 'not_for_this_role';
  // Nothing of a run is lost by a checkpoint.
  if (isItself) return permission === 'checkpoint' ? null : 'itself';
  if (ancestors.includes(target.runId)) return 'ancestor';
  return target.ancestors.includes(runId) ? null : 'not_descendant';
}

/** As the audit log and the row name him. */
export function actorOf(principal: Principal): Actor {
  const { user, face, role } = principal;
  if (role === 'owner') return { user, face };
  return role === 'run' ? { user, face, role, runId: principal.runId } : { user, face, role };
}

/** A run that may not do it itself may ask for it. */
export function mayAskInstead(principal: Principal, permission: Permission, target: Target): boolean {
  return permission === 'kill' && principal.role === 'run' && refusalOf(principal, 'ask', target) === null;
}
