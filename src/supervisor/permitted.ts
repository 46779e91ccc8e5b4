import { WardenError } from '../core/errors.ts';
import {
  isReading,
  mayAskInstead,
  type Permission,
  type Principal,
  refusalOf,
  type Target,
} from '../core/permission.ts';
import type { Store } from '../core/ports/store.ts';
import type { Run } from '../core/run.ts';
import type { RunId } from '../core/run-id.ts';
import { withoutPrivate } from '../core/withheld.ts';
import { auditUnknown, findRun } from './find-run.ts';
import { findRequest } from './requests.ts';
import type { RunReport, Supervisor } from './supervisor.ts';
import { auditOf, type World } from './world.ts';

/** What begins and ends a supervisor is for whoever owns it; everything else is checked. */
type Unchecked =
  | 'startWatching'
  | 'standIn'
  | 'onDidChange'
  | 'dispose'
  | 'settled'
  | 'isWatching'
  | 'actingAs'
  | 'principalOfKey'
  | 'principalOfRun';

export type CheckedVerb = Exclude<keyof Supervisor, Unchecked>;

/** What a verb needs, by what it is given. */
interface Rule<Name extends CheckedVerb> {
  readonly permission: Permission | ((...parameters: Parameters<Supervisor[Name]>) => Permission);
  /** Absent where it is about all runs, or about none. */
  readonly targets?: (world: World, ...parameters: Parameters<Supervisor[Name]>) => Promise<readonly Target[]>;
  /** What is done in place of what was asked for. */
  readonly given?: (principal: Principal, ...parameters: Parameters<Supervisor[Name]>) => Parameters<Supervisor[Name]>;
  /** What of the answer is told to somebody who may see the status only. */
  readonly shown?: (answer: Awaited<ReturnType<Supervisor[Name]>>) => Awaited<ReturnType<Supervisor[Name]>>;
}

type Rules = { readonly [Name in CheckedVerb]: Rule<Name> };

const ofRun = async ({ store }: World, runId: string): Promise<readonly Target[]> => [
  await targetOf(store, await findRun(store, runId)),
];

const ofWorkflow = (_: World, { workflowName }: { readonly workflowName: string }): Promise<readonly Target[]> =>
  Promise.resolve([{ kind: 'workflow', name: workflowName }]);

const all: readonly Target[] = [{ kind: 'all' }];

const read = { permission: 'read' } as const;
const keys = { permission: 'keys' } as const;
const settings = { permission: 'settings' } as const;

/** Every verb has its rule: a new one that is missing here does not compile. */
const rules: Rules = {
  list: {
    permission: 'status',
    shown: (page) => ({ ...page, runs: page.runs.map(withoutPrivate<RunReport>) }),
  },
  recent: { permission: 'status', shown: (reports) => reports.map(withoutPrivate<RunReport>) },
  status: { permission: 'status', targets: ofRun, shown: withoutPrivate<RunReport> },
  wait: { permission: 'status', targets: ofRun, shown: withoutPrivate<RunReport> },
  watcher: { permission: 'status', shown: (watching) => (watching === null ? null : { ...watching, pid: null }) },
  reconcile: { permission: 'status' },
  repositoryOf: read,
  workflows: read,
  attemptsOf: { ...read, targets: ofRun },
  samples: { ...read, targets: ofRun },
  logs: { ...read, targets: ofRun },
  logBytes: { ...read, targets: ofRun },
  outputFileOf: read,
  active: read,
  impactOf: {
    ...read,
    targets: async (world, runIds) => (await Promise.all(runIds.map((runId) => ofRun(world, runId)))).flat(),
  },
  childrenOf: { ...read, targets: ofRun },
  checkpoints: { ...read, targets: ofRun },
  worktrees: read,
  disk: read,
  keptWork: read,
  otherWorktrees: read,
  changesOf: { ...read, targets: ofRun },
  fileAt: read,
  alerts: read,
  metrics: read,
  webhook: read,
  run: {
    permission: 'run',
    targets: ofWorkflow,
    // Whatever it says of itself: what a run starts is its child.
    given: (principal, options) => [principal.role === 'run' ? { ...options, parentRunId: principal.runId } : options],
  },
  drill: { permission: 'run', targets: (world) => ofWorkflow(world, { workflowName: 'drill' }) },
  kill: { permission: 'kill', targets: ofRun },
  restart: { permission: 'restart', targets: ofRun },
  complete: { permission: 'complete', targets: ofRun },
  extend: { permission: 'extend', targets: ofRun },
  checkpoint: { permission: 'checkpoint', targets: ofRun },
  restore: { permission: 'restore', targets: ofRun },
  snooze: { permission: 'snooze', targets: ofRun },
  // Of a run that is not known it is told that this is not in a run.
  heartbeat: {
    permission: 'heartbeat',
    targets: async (world, runId) => ofRun(world, runId).catch(() => []),
  },
  cleanup: { permission: ({ dryRun }) => (dryRun ? 'read' : 'cleanup') },
  doctor: { permission: ({ repair }) => (repair === undefined ? 'read' : 'repair') },
  setWebhook: settings,
  removeWebhook: settings,
  testWebhook: settings,
  createKey: keys,
  keys,
  revokeKey: keys,
  ask: { permission: 'ask', targets: ofRun },
  requests: read,
  answerRequest: {
    permission: 'answer',
    targets: async (world, id) => ofRun(world, (await findRequest(world, id)).runId),
  },
  audit: { permission: 'audit' },
  verifyAudit: { permission: 'audit' },
  redactAudit: { permission: 'redact' },
};

/**
 * Puts a check before each verb of a supervisor: does what is meant exist, and may the principal do that with it? What
 * comes after that is the verb's own. Refused attempts are audited.
 */
export function withChecks(supervisor: Supervisor, world: World, principal: Principal): Supervisor {
  for (const name of Object.keys(rules) as CheckedVerb[]) {
    Object.defineProperty(supervisor, name, { value: checked(supervisor, world, principal, name) });
  }
  return supervisor;
}

function checked(supervisor: Supervisor, world: World, principal: Principal, name: CheckedVerb): unknown {
  // One verb's parameters and answer are those of its rule; which one is only known when it is called.
  const rule = rules[name] as unknown as AnyRule;
  const verb = supervisor[name].bind(supervisor) as (...parameters: readonly unknown[]) => unknown;
  const permissionFor = (parameters: readonly unknown[]): Permission =>
    typeof rule.permission === 'function' ? rule.permission(...parameters) : rule.permission;
  if (name === 'outputFileOf') {
    // The one verb that answers at once.
    return (...parameters: readonly unknown[]): unknown => {
      const refused = errorOf(principal, permissionFor(parameters), all);
      if (refused !== null) throw refused;
      return verb(...parameters);
    };
  }
  return async (...parameters: readonly unknown[]): Promise<unknown> => {
    const permission = permissionFor(parameters);
    const why = whyIn(parameters);
    const targets = await auditingUnknown(world, permission, why, async () => rule.targets?.(world, ...parameters));
    await requirePermission(world, principal, permission, why, targets ?? all);
    const answer = await verb(...(rule.given?.(principal, ...parameters) ?? parameters));
    return principal.role === 'external' && rule.shown !== undefined ? rule.shown(answer) : answer;
  };
}

/** The reason that somebody gives is in the options of a verb, where it takes one. */
function whyIn(parameters: readonly unknown[]): string | null {
  const given = parameters.map((one) => (typeof one === 'object' && one !== null && 'why' in one ? one.why : null));
  return given.find((why) => typeof why === 'string') ?? null;
}

interface AnyRule {
  readonly permission: Permission | ((...parameters: readonly unknown[]) => Permission);
  readonly targets?: (world: World, ...parameters: readonly unknown[]) => Promise<readonly Target[]>;
  readonly given?: (principal: Principal, ...parameters: readonly unknown[]) => readonly unknown[];
  readonly shown?: (answer: unknown) => unknown;
}

/** That somebody only looks for a run that nobody knows is not worth an entry. */
async function auditingUnknown<Found>(
  world: World,
  permission: Permission,
  why: string | null,
  find: () => Promise<Found>,
): Promise<Found> {
  try {
    return await find();
  } catch (error) {
    if (!isReading(permission)) {
      await auditUnknown(world, permission, error, why);
      await world.store.auditCopied();
    }
    throw error;
  }
}

/** @throws WardenError not_permitted, which is audited */
async function requirePermission(
  world: World,
  principal: Principal,
  permission: Permission,
  why: string | null,
  targets: readonly Target[],
): Promise<void> {
  const refused = errorOf(principal, permission, targets);
  if (refused === null) return;
  const { refusal, runId } = refused.facts;
  const about = targets.find((target) => target.kind === 'run' && target.runId === runId);
  await world.store.audit(
    auditOf(world, about?.kind === 'run' ? about.runId : null, permission, 'refused', { why, facts: { refusal } }),
  );
  await world.store.auditCopied();
  throw refused;
}

function errorOf(
  principal: Principal,
  permission: Permission,
  targets: readonly Target[],
): WardenError<'not_permitted'> | null {
  for (const target of targets) {
    const refusal = refusalOf(principal, permission, target);
    if (refusal === null) continue;
    const runId = target.kind === 'run' ? target.runId : null;
    const mayAsk = mayAskInstead(principal, permission, target);
    return new WardenError('not_permitted', { permission, role: principal.role, refusal, runId, mayAsk });
  }
  return null;
}

export async function targetOf(store: Store, run: Run): Promise<Extract<Target, { kind: 'run' }>> {
  const { runId, owner, workflowName } = run;
  return { kind: 'run', runId, owner, workflowName, ancestors: await ancestorsOf(store, run) };
}

/** The runs that a run was started from, the nearest first. */
export async function ancestorsOf(store: Store, run: Run): Promise<readonly RunId[]> {
  const found: RunId[] = [];
  for (let next = run.parentRunId; next !== null && next !== run.runId && !found.includes(next);) {
    found.push(next);
    next = (await store.run(next))?.parentRunId ?? null;
  }
  return found;
}
