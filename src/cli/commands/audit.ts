import { type AuditProblem, describeAuditProblem } from '../../core/audit-problem.ts';
import { plainEnglish } from '../../core/messages.ts';
import type { AuditEntry } from '../../core/ports/store.ts';
import type { Supervisor } from '../../supervisor/supervisor.ts';
import { wholeNumber } from '../amount.ts';
import { defineCommand, type Invocation } from '../command.ts';
import { oneLine } from '../output.ts';
import { table } from '../table.ts';
import { UsageError } from '../usage-error.ts';

const defaultLimit = 100;

const options = {
  limit: { type: 'string', value: 'N', description: `only the last N entries; ${defaultLimit}` },
} as const;

type Action = (supervisor: Supervisor, invocation: Invocation<typeof options>) => Promise<number>;

const actions: ReadonlyMap<string, Action> = new Map<string, Action>([
  ['show', show],
  ['verify', verify],
]);

export const audit = defineCommand({
  name: 'audit',
  summary: 'print who did what and how it went, oldest first, or verify that nobody has changed it',
  usage: '[--limit N] | verify',
  operands: { minimum: 0, maximum: 1 },
  options,
  async execute(invocation) {
    const [name = 'show'] = invocation.operands;
    const action = actions.get(name);
    if (action === undefined) {
      throw new UsageError(`"${name}" is not valid. Expected: ${[...actions.keys()].join(', ')}.`, 'audit');
    }
    return action(await invocation.open(), invocation);
  },
});

async function show(supervisor: Supervisor, { options: given, output }: Invocation<typeof options>): Promise<number> {
  const limit = given.limit === undefined ? defaultLimit : wholeNumber('limit', given.limit);
  const entries = await supervisor.audit({ limit });
  await output.print(
    { entries: entries.map(documentOf) },
    entries.length === 0 ? 'Nothing yet.' : table(entries.map(rowOf), output.columns),
  );
  return 0;
}

async function verify(supervisor: Supervisor, { output }: Invocation): Promise<number> {
  const { entries, problems, isCut } = await supervisor.verifyAudit();
  const ok = problems.length === 0;
  const words = [
    ...problems.map((problem) => describeAuditProblem(problem, plainEnglish)),
    ...(isCut ? ['There are more, which are not listed.'] : []),
  ];
  const verdict = ok ? `All ${entries} entries are what was written.` : `Not all is what was written:`;
  await output.print({ ok, entries, problems: problems.map(problemJson), more: isCut }, [verdict, ...words].join('\n'));
  return ok ? 0 : 1;
}

function problemJson(problem: AuditProblem): object {
  const { where, kind, entry, last, runId } = problem;
  return { where, kind, entry, last, run_id: runId, message: describeAuditProblem(problem, plainEnglish) };
}

function documentOf({ at, runId, action, actor, outcome, why, facts }: AuditEntry): object {
  return { at: new Date(at).toISOString(), run_id: runId, action, ...actor, outcome, why, facts };
}

function rowOf({ at, runId, action, actor, outcome, why }: AuditEntry): readonly string[] {
  return [
    new Date(at).toISOString(),
    runId ?? '-',
    action,
    outcome,
    `${actor.user} (${actor.face})`,
    why === null ? '' : oneLine(why),
  ];
}
