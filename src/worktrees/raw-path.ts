/**
 * Paths as bytes: on Linux a name may be anything but NUL and slash, and one that is not UTF-8 does not survive being
 * made text.
 */
export function rawJoin(parent: Buffer, name: Buffer): Buffer {
  return Buffer.concat([parent, slash, name]);
}

const slash = Buffer.from('/');
