import { forPeople, type Permission, permissions, type Standing } from './permission.ts';
import { isRunId, type RunId } from './run-id.ts';

/** As what the holder of a key acts. */
export type KeyStanding = Exclude<Standing, { role: 'run' }>;

export const keyRoles = [
  'owner',
  'admin',
  'team_lead',
  'automation',
  'read_only',
  'external',
] as const satisfies readonly KeyStanding['role'][];

/** A key for scripts and other machines, without its secret. */
export interface ApiKey {
  /** 12 hexadecimal digits. */
  readonly id: string;
  /** What its holder is called. */
  readonly name: string;
  readonly standing: KeyStanding;
  /** The operating system's user who made it. */
  readonly createdBy: string;
  /** Epoch milliseconds, as every `…At`. */
  readonly createdAt: number;
  /** To the minute. */
  readonly lastUsedAt: number | null;
  readonly revokedAt: number | null;
}

/** What is kept of the secret of a key. */
export interface KeyDigest {
  readonly salt: string;
  readonly digest: string;
}

/** What a key is to be; all as somebody typed it. */
export interface KeyRequested {
  readonly role: string;
  readonly name: string;
  readonly team?: readonly string[];
  readonly verbs?: readonly string[];
  readonly workflows?: readonly string[];
}

/** What is wrong with what was asked for. */
export interface KeyProblem {
  readonly argument: string;
  readonly value: string;
  readonly expected: string;
}

/** What a key of automation can be given. */
export const grantable = permissions.filter((one) => !forPeople.has(one));

const isGrantable = (text: string): text is Permission => grantable.some((one) => one === text);

/** The standing that a key is to have, or what is wrong with it. */
export function standingFor(requested: KeyRequested): { standing: KeyStanding } | { problem: KeyProblem } {
  const { role, name, team = [], verbs = [], workflows = ['*'] } = requested;
  const problem = (argument: string, value: string, expected: string) => ({ problem: { argument, value, expected } });
  if (!/^[\p{L}\p{N}][\p{L}\p{N} ._@-]{0,63}$/u.test(name)) {
    return problem('--name', name, '1 to 64 letters, digits, blanks and . _ @ -');
  }
  if (role !== 'team_lead' && team.length > 0) return problem('--team', team.join(','), 'only with --role team_lead');
  if (role !== 'automation' && (verbs.length > 0 || requested.workflows !== undefined)) {
    return problem('--role', role, 'automation, with --verbs and --workflows');
  }
  switch (role) {
    case 'owner':
    case 'admin':
    case 'read_only':
    case 'external':
      return { standing: { role } };
    case 'team_lead':
      if (team.length === 0 || team.includes('')) return problem('--team', team.join(','), 'the names of users');
      return { standing: { role, team } };
    case 'automation': {
      const may = verbs.filter(isGrantable);
      if (may.length !== verbs.length || may.length === 0) {
        return problem('--verbs', verbs.join(','), `some of ${grantable.join(', ')}`);
      }
      if (workflows.length === 0 || workflows.includes('')) return problem('--workflows', '', 'patterns of names');
      return { standing: { role, may, workflows } };
    }
    default:
      return problem('--role', role, keyRoles.join(', '));
  }
}

/** The key as its holder has it. */
export function keyText(id: string, secret: string): string {
  return `warden_${id}_${secret}`;
}

/** Null where it cannot be one of ours. */
export function keyPartsOf(text: string): { readonly id: string; readonly secret: string } | null {
  const [, id, secret] = /^warden_([0-9a-f]{12})_([\w-]{43})$/.exec(text) ?? [];
  return id === undefined || secret === undefined ? null : { id, secret };
}

/** That of a run; null where it is not of that form. */
export function runKeyPartsOf(text: string): { readonly runId: RunId; readonly token: string } | null {
  const [, runId = '', token = ''] = /^(run_[0-9a-f]{12})\.(.+)$/.exec(text) ?? [];
  return isRunId(runId) ? { runId, token } : null;
}

/** Without its secret. Times are ISO 8601 with `Z`. */
export function keyJson({ id, name, standing, createdBy, createdAt, lastUsedAt, revokedAt }: ApiKey): object {
  const time = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());
  return {
    id,
    name,
    role: standing.role,
    ...(standing.role === 'team_lead' ? { team: standing.team } : {}),
    ...(standing.role === 'automation' ? { verbs: standing.may, workflows: standing.workflows } : {}),
    created_by: createdBy,
    created_at: time(createdAt),
    last_used_at: time(lastUsedAt),
    revoked_at: time(revokedAt),
  };
}
