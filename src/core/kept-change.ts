import type { AuditEntry, RunPatch } from './ports/store.ts';
import type { Run } from './run.ts';
import { isTerminal, mayBecome } from './run-status.ts';

/** A change of a run, or an audit entry alone, that waits in the run's folder until the database can take it. */
export interface KeptChange {
  readonly patch: RunPatch | null;
  readonly audit: AuditEntry | null;
}

/**
 * Only what stops or ends a run is done without the database: a kill must go on, but nothing may start that other windows
 * cannot see.
 */
export function mayBeKept(patch: RunPatch): boolean {
  if (
    patch.process !== undefined ||
    patch.queue !== undefined ||
    patch.ports !== undefined ||
    patch.warnings !== undefined
  )
    return false;
  if (patch.status !== undefined) return patch.status === 'terminating' || isTerminal(patch.status);
  return patch.stop !== undefined || patch.killReport !== undefined || patch.isRetryCancelled === true;
}

/** A report says where it was written: `kept` in the run's folder only, or in the database with its audit entry. */
export function patchWritten(patch: RunPatch, where: 'kept' | 'database'): RunPatch {
  if (patch.killReport === undefined || patch.killReport === null) return patch;
  const inDatabase = where === 'database';
  return { ...patch, killReport: { ...patch.killReport, sessionUpdated: inDatabase, auditLogged: inDatabase } };
}

/**
 * The run with a kept change, whatever has happened to it meanwhile.
 * @returns null when the change comes too late: the run is over, or what it asks for cannot follow any more
 */
export function withKept(run: Run, patch: RunPatch): Run | null {
  if (isTerminal(run.status)) return isOnlyForGood(patch) ? { ...run, ...patch } : null;
  // A launch that was to be cancelled has become a run meanwhile: it is killed.
  const killsRunning = run.status === 'running' && patch.status === undefined && patch.stop?.kind === 'kill';
  const status = killsRunning ? 'terminating' : (patch.status ?? run.status);
  if (status !== run.status && !mayBecome(run.status, status)) return null;
  return { ...run, ...patch, status };
}

/** What is over cannot be ended once more, but somebody may want that it stays so. */
function isOnlyForGood({ status, stop, isRetryCancelled }: RunPatch): boolean {
  return status === undefined && stop === undefined && isRetryCancelled === true;
}

/** The run with all that is kept of it, in order. */
export function withAllKept(run: Run, changes: readonly KeptChange[]): Run {
  return changes.reduce((now, { patch }) => (patch === null ? now : (withKept(now, patch) ?? now)), run);
}
