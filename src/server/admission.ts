import { Problem } from './problem.ts';

/** Names of this machine to itself. Others may be made to point here by whoever has a domain. */
const localHosts = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Longer than any key: no more of one is looked at. */
const longestKey = 512;

/**
 * Refuses what a web page could have sent: another host name that resolves to this machine, and anything from a browser.
 * @param target of the request: with another server's name in it, it is one to a proxy
 * @param port null on a socket, where clients may name any
 * @throws Problem host_not_allowed, origin_not_allowed
 */
export function requireLocal(target: string, headers: Headers, port: number | null): void {
  const host = /^(?<name>\[[^\]]*\]|[^:]*)(?::(?<port>\d{1,5}))?$/.exec(headers.get('host') ?? '')?.groups;
  const name = host?.['name']?.toLowerCase() ?? '';
  const isPort = port === null || Number(host?.['port'] ?? 80) === port;
  if (!localHosts.has(name) || !isPort || !target.startsWith('/')) {
    throw new Problem(
      421,
      'host_not_allowed',
      'This server answers to localhost, 127.0.0.1 and [::1] with its port only.',
    );
  }
  const site = headers.get('sec-fetch-site');
  if (headers.has('origin') || (site !== null && site !== 'none')) {
    throw new Problem(403, 'origin_not_allowed', 'Web pages may not use this server.');
  }
}

/** Missing, wrong and revoked are told alike. @throws Problem invalid_key */
export async function admitted<Guest>(
  headers: Headers,
  admit: (key: string | null) => Promise<Guest | null>,
): Promise<Guest> {
  const key = headers.get('x-api-key') ?? '';
  const guest = await admit(key === '' ? null : key.slice(0, longestKey));
  if (guest !== null) return guest;
  throw new Problem(
    401,
    'invalid_key',
    'A valid key is needed in x-api-key: "warden key create" makes one.',
    {},
    { 'www-authenticate': 'ApiKey realm="warden"' },
  );
}
