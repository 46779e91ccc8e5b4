import type { DiskUsage } from '../core/disk-usage.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { Diagnostics } from '../core/ports/diagnostics.ts';
import type { Executor } from '../core/ports/executor.ts';
import type { Machine } from '../core/ports/machine.ts';
import type { RunFolders } from '../core/ports/run-folders.ts';
import type { Secrets } from '../core/ports/secrets.ts';
import type { AuditEntry, Store } from '../core/ports/store.ts';
import type { StateFolder } from '../core/ports/state-folder.ts';
import type { TemporaryFolders } from '../core/ports/temporary-folders.ts';
import type { WebhookSender, WebhookSettings } from '../core/ports/webhook.ts';
import type { WorkflowDefinitions } from '../core/ports/workflow-definitions.ts';
import type { Worktrees } from '../core/ports/worktrees.ts';
import { factsWithoutSecrets, withoutSecrets } from '../core/redact-secrets.ts';
import type { Actor, Run, StopIntent } from '../core/run.ts';
import type { RunId } from '../core/run-id.ts';
import type { Members } from './members.ts';
import type { QueuedLaunches } from './queued-launches.ts';

/** What the supervisor needs of the world, all of it through ports. */
export interface Ports {
  readonly store: Store;
  readonly executor: Executor;
  readonly worktrees: Worktrees;
  readonly folders: RunFolders;
  readonly temporaryFolders: TemporaryFolders;
  readonly stateFolder: StateFolder;
  readonly definitions: WorkflowDefinitions;
  readonly webhookSettings: WebhookSettings;
  readonly webhookSender: WebhookSender;
  readonly clock: Clock;
  readonly diagnostics: Diagnostics;
  /** As whom this supervisor acts. */
  readonly actor: Actor;
  readonly randomBytes: (count: number) => Uint8Array;
  readonly secrets: Secrets;
  readonly machine: Machine;
}

/** The ports, and what the verbs of one supervisor share. */
export interface World extends Ports {
  readonly members: Members;
  readonly queued: QueuedLaunches;
  /** Stops that this supervisor carries out right now. */
  readonly carried: Map<RunId, CarriedStop>;
  /** Work of killed runs that is being kept right now, by run. */
  readonly keeping: Map<RunId, Promise<void>>;
  /** Measurements of worktrees that are under way, by repository. */
  readonly measuring: Map<string, Promise<DiskUsage | null>>;
  /** Owns what goes on when a verb has answered: its failure is told, and the supervisor does not end before it. */
  readonly goesOn: (during: string, work: Promise<unknown>) => void;
  /** Aborts when the supervisor is disposed of. */
  readonly disposed: AbortSignal;
}

export interface CarriedStop {
  readonly kind: StopIntent['kind'];
  readonly ended: Promise<Run>;
}

/** As whom is done what nobody asked for. */
export function asSystem({ actor }: Pick<World, 'actor'>): Pick<World, 'actor'> {
  return { actor: { ...actor, user: 'system' } };
}

/** An entry for the audit log; what looks like a secret does not get into it. */
export function auditOf(
  world: Pick<World, 'clock' | 'actor'>,
  runId: RunId | null,
  action: string,
  outcome: AuditEntry['outcome'],
  more: { readonly why?: string | null; readonly facts?: Readonly<Record<string, unknown>> } = {},
): AuditEntry {
  return {
    at: world.clock.now(),
    runId,
    action,
    actor: world.actor,
    outcome,
    why: more.why === undefined || more.why === null ? null : withoutSecrets(more.why),
    facts: { ...factsWithoutSecrets(more.facts ?? {}), ...standingOf(world.actor) },
  };
}

/** As what somebody acted, where that is not as the operating system's user. */
function standingOf({ role, runId }: Actor): Readonly<Record<string, unknown>> {
  if (role === undefined) return {};
  return runId === undefined ? { by_role: role } : { by_role: role, by_run: runId };
}
