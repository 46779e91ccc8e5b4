import { type ApiKey, grantable, keyJson, keyRoles } from '../../core/api-key.ts';
import type { Supervisor } from '../../supervisor/supervisor.ts';
import { defineCommand, type Invocation } from '../command.ts';
import { UsageError } from '../usage-error.ts';

const options = {
  role: { type: 'string', value: 'ROLE', candidates: keyRoles, description: `one of ${keyRoles.join(', ')}` },
  name: { type: 'string', value: 'NAME', description: 'what its holder is called' },
  team: { type: 'string', value: 'USERS', description: 'of a team_lead: whose runs, with commas' },
  verbs: {
    type: 'string',
    value: 'VERBS',
    candidates: grantable,
    isList: true,
    description: 'of automation: what it may do, as run,kill',
  },
  workflows: {
    type: 'string',
    value: 'PATTERNS',
    candidates: 'workflows',
    description: 'of automation: with which; all when absent',
  },
} as const;

type Action = (supervisor: Supervisor, invocation: Invocation<typeof options>) => Promise<number>;

const actions: ReadonlyMap<string, Action> = new Map<string, Action>([
  ['create', create],
  ['list', list],
  ['revoke', revoke],
]);

export const key = defineCommand({
  name: 'key',
  summary: 'make, list and revoke the keys by which scripts use "warden serve"',
  usage: ['create --role ROLE --name NAME [--team USERS] [--verbs VERBS] [--workflows PATTERNS]', 'list', 'revoke ID'],
  operands: { minimum: 1, maximum: 2, candidates: [[...actions.keys()], []] },
  options,
  notes: [
    'A key is printed once, when it is made; what is kept of it does not tell it. Who may do what: docs/security.md.',
  ],
  async execute(invocation) {
    const [name = '', id] = invocation.operands;
    const action = actions.get(name);
    if (action === undefined) {
      throw new UsageError(`"${name}" is not valid. Expected: ${[...actions.keys()].join(', ')}.`, 'key');
    }
    if (name !== 'create' && Object.keys(invocation.options).length > 0) {
      throw new UsageError('Options belong to "warden key create".', 'key');
    }
    if ((name === 'revoke') !== (id !== undefined)) {
      throw new UsageError(name === 'revoke' ? 'Which key? warden key revoke ID' : `"${id}" is too much.`, 'key');
    }
    return action(await invocation.open(), invocation);
  },
});

async function create(supervisor: Supervisor, { options: given, output }: Invocation<typeof options>): Promise<number> {
  const { role, name, team, verbs, workflows } = given;
  if (role === undefined || name === undefined) throw new UsageError('--role and --name are needed.', 'key');
  const { text, key: made } = await supervisor.createKey({
    role: role.replaceAll('-', '_'),
    name,
    ...(team === undefined ? {} : { team: listIn(team) }),
    ...(verbs === undefined ? {} : { verbs: listIn(verbs) }),
    ...(workflows === undefined ? {} : { workflows: listIn(workflows) }),
  });
  output.tell('keep it well: it is not shown again');
  await output.print({ key: text, ...keyJson(made) }, text);
  return 0;
}

async function list(supervisor: Supervisor, { output }: Invocation): Promise<number> {
  const keys = await supervisor.keys();
  const text = keys.length === 0 ? 'There is no key.' : keys.map(sentence).join('\n');
  await output.print({ keys: keys.map(keyJson) }, text);
  return 0;
}

async function revoke(supervisor: Supervisor, { operands: [, id = ''], output }: Invocation): Promise<number> {
  await supervisor.revokeKey(id);
  await output.print({ revoked: id }, `${id} is revoked.`);
  return 0;
}

function sentence({ id, name, standing, lastUsedAt, revokedAt }: ApiKey): string {
  const used = lastUsedAt === null ? 'never used' : `used ${new Date(lastUsedAt).toISOString()}`;
  return `${id}  ${standing.role}  ${name}  ${revokedAt === null ? used : 'revoked'}`;
}

const listIn = (text: string): readonly string[] => text.split(',').map((one) => one.trim());
