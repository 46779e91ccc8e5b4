import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Secrets } from '../core/ports/secrets.ts';

/**
 * SHA-256, and no slow hash: those make up for passwords that can be guessed, and nobody guesses 256 random bits. A slow one
 * would only make each request slow.
 */
export const secrets: Secrets = {
  create: () => randomBytes(32).toString('base64url'),
  digest: (secret, salt) => hash('sha256', `${salt}:${secret}`, 'hex'),
  isSame: (digest, other) => {
    const [one, two] = [Buffer.from(digest), Buffer.from(other)];
    return one.length === two.length && timingSafeEqual(one, two);
  },
};
