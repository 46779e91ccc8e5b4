import { WardenError } from '../core/errors.ts';
import type { KillReport } from '../core/kill-report.ts';
import type { PermissionRequest } from '../core/permission-request.ts';
import { isTerminal } from '../core/run-status.ts';
import { auditUnknown, findRunFor } from './find-run.ts';
import { kill } from './kill.ts';
import { endIfOver } from './reconcile.ts';
import { auditOf, type World } from './world.ts';

export interface AskOptions {
  readonly force?: boolean;
  readonly why?: string;
}

export type RequestAnswer = 'approve' | 'deny';

export interface AnsweredRequest {
  readonly request: PermissionRequest;
  /** What came of it; null where it was denied. */
  readonly report: KillReport | null;
}

/** So many are told of at most, the newest. */
const most = 100;

/**
 * Asks people to kill a run, for a run that may not do it itself. Whoever asks for the same again gets the same request.
 * @throws WardenError not_in_a_run, unknown_run, run_is_over
 */
export async function ask(world: World, runId: string, { force = false, why }: AskOptions): Promise<PermissionRequest> {
  const askedBy = world.actor.runId;
  if (askedBy === undefined) throw new WardenError('not_in_a_run', { runDirectory: null, runId: null });
  const run = await endIfOver(world, await findRunFor(world, 'ask', runId, why));
  if (isTerminal(run.status)) throw new WardenError('run_is_over', { runId: run.runId, status: run.status });
  const asked = {
    runId: run.runId,
    askedBy,
    force,
    why: why ?? null,
    askedAt: world.clock.now(),
    state: 'open',
    answeredAt: null,
    answeredBy: null,
  } as const;
  return world.store.addRequest(asked, ({ id }) =>
    auditOf(world, run.runId, 'ask', 'asked', { why: asked.why, facts: { request: id, force } }),
  );
}

/** What runs have asked for, the newest first; what has come too late meanwhile is expired first. */
export async function requests(world: World): Promise<readonly PermissionRequest[]> {
  const latest = await world.store.requests(most);
  return Promise.all(latest.map(async (request) => (await expireIfOver(world, request)) ?? request));
}

/**
 * Answers what a run has asked for; a kill that is approved is carried out as by whoever approves it.
 * @throws WardenError unknown_request, request_is_answered, and what a kill throws
 */
export async function answerRequest(world: World, id: number, answer: RequestAnswer): Promise<AnsweredRequest> {
  const found = await findRequest(world, id).catch(async (error: unknown) => {
    await auditUnknown(world, 'answer', error);
    throw error;
  });
  const open = (await expireIfOver(world, found)) ?? found;
  const state = answer === 'approve' ? 'approved' : 'denied';
  const facts = { request: id, answer, asked_by_run: found.askedBy };
  const audit = auditOf(world, found.runId, 'answer', 'done', { why: found.why, facts });
  const closing = { state, answeredAt: world.clock.now(), answeredBy: world.actor.user } as const;
  const request = open.state === 'open' ? await world.store.closeRequest(id, closing, audit) : null;
  if (request === null) {
    await world.store.audit({ ...audit, outcome: 'refused' });
    throw new WardenError('request_is_answered', { id, state: (await findRequest(world, id)).state });
  }
  if (answer === 'deny') return { request, report: null };
  const { runId, force, why, askedBy } = request;
  return { request, report: await kill(world, runId, { force, askedBy, ...(why === null ? {} : { why }) }) };
}

export async function findRequest({ store }: World, id: number): Promise<PermissionRequest> {
  const request = await store.request(id);
  if (request === null) throw new WardenError('unknown_request', { id });
  return request;
}

/** @returns the request as it is then; null when it is open still, or was not any more */
async function expireIfOver(world: World, request: PermissionRequest): Promise<PermissionRequest | null> {
  if (request.state !== 'open') return null;
  const run = await world.store.run(request.runId);
  if (run !== null && !isTerminal(run.status)) return null;
  const audit = auditOf(world, request.runId, 'expire_request', 'done', { facts: { request: request.id } });
  const closing = { state: 'expired', answeredAt: world.clock.now(), answeredBy: null } as const;
  return world.store.closeRequest(request.id, closing, audit);
}
