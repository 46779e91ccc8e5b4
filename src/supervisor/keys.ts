import { type ApiKey, keyPartsOf, type KeyRequested, keyText, runKeyPartsOf, standingFor } from '../core/api-key.ts';
import { WardenError } from '../core/errors.ts';
import type { Principal } from '../core/permission.ts';
import type { KeyRefusal } from '../core/refused-key.ts';
import { auditingRefusal } from './auditing-refusal.ts';
import { principalOfRun, type RunProof } from './run-token.ts';
import { auditOf, type World } from './world.ts';

export interface CreatedKey {
  /** What its holder has to show. It is told only now. */
  readonly text: string;
  readonly key: ApiKey;
}

/** Of what somebody took for the id of a key so much is kept. */
const longestId = 64;

/** When a key was used last is written down no more often. */
const usedMilliseconds = 60_000;

/** @throws WardenError invalid_argument */
export async function createKey(world: World, requested: KeyRequested): Promise<CreatedKey> {
  const found = standingFor(requested);
  if ('problem' in found) throw new WardenError('invalid_argument', found.problem);
  const { standing } = found;
  const id = hexadecimal(world.randomBytes(6));
  const secret = world.secrets.create();
  const salt = hexadecimal(world.randomBytes(16));
  const key: ApiKey = {
    id,
    name: requested.name,
    standing,
    createdBy: world.actor.user,
    createdAt: world.clock.now(),
    lastUsedAt: null,
    revokedAt: null,
  };
  const audit = auditOf(world, null, 'create_key', 'done', { facts: { id, name: key.name, ...standing } });
  await world.store.addKey(key, { salt, digest: world.secrets.digest(secret, salt) }, audit);
  return { text: keyText(id, secret), key };
}

/** @throws WardenError unknown_key, also when it was revoked before */
export async function revokeKey(world: World, id: string): Promise<void> {
  const audit = auditOf(world, null, 'revoke_key', 'done', { facts: { id } });
  await auditingRefusal(world, 'revoke_key', { runId: null, facts: { id: id.slice(0, longestId) } }, async () => {
    if (!(await world.store.revokeKey(id, world.clock.now(), audit))) throw new WardenError('unknown_key', { id });
  });
}

/**
 * As whom and as what somebody acts by what he shows: a key that was made, or that of a run, which is its id, a dot and its
 * token.
 * @param text null where he shows none
 * @returns null for what is no key of ours, or was revoked: which of both, nobody is told but the audit log
 */
export async function principalOfKey(
  world: World,
  text: string | null,
  face: Principal['face'],
  refused: (refusal: KeyRefusal) => void,
): Promise<Principal | null> {
  if (text === null) {
    refused({ kind: 'no_key' });
    return null;
  }
  const ofRun = runKeyPartsOf(text);
  return ofRun === null
    ? principalOfMade(world, text, face, refused)
    : principalOfToken(world, { ...ofRun, face }, refused);
}

async function principalOfMade(
  world: World,
  text: string,
  face: Principal['face'],
  refused: (refusal: KeyRefusal) => void,
): Promise<Principal | null> {
  const parts = keyPartsOf(text);
  const found = parts === null ? null : await world.store.keyWithDigest(parts.id);
  // As much is done for a key that is not there.
  const { salt, digest } = found?.kept ?? { salt: '', digest: world.secrets.digest('', '') };
  const isRight = world.secrets.isSame(world.secrets.digest(parts?.secret ?? '-', salt), digest);
  if (found === null || !isRight) {
    refused({ kind: 'wrong_key' });
    return null;
  }
  const { key } = found;
  if (key.revokedAt !== null) {
    refused({ kind: 'revoked_key', keyId: key.id });
    return null;
  }
  const now = world.clock.now();
  if (key.lastUsedAt === null || Math.abs(now - key.lastUsedAt) >= usedMilliseconds) {
    world.goesOn('noting the use of a key', world.store.keyUsed(key.id, now));
  }
  return { user: key.standing.role === 'owner' ? key.createdBy : key.name, face, ...key.standing };
}

async function principalOfToken(
  world: World,
  proof: RunProof,
  refused: (refusal: KeyRefusal) => void,
): Promise<Principal | null> {
  const found = await principalOfRun(world, proof);
  if (found?.role === 'run' && found.isProved) return found;
  refused(found?.role === 'run' ? { kind: 'wrong_token', runId: found.runId } : { kind: 'wrong_key' });
  return null;
}

function hexadecimal(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
