import type { AuditEntry } from '../../core/ports/store.ts';
import { wholeNumber } from '../amount.ts';
import { defineCommand } from '../command.ts';
import { oneLine } from '../output.ts';
import { table } from '../table.ts';

const defaultLimit = 100;

export const audit = defineCommand({
  name: 'audit',
  summary: 'print who did what and how it went, oldest first',
  usage: '[--limit N]',
  operands: { minimum: 0, maximum: 0 },
  options: { limit: { type: 'string', value: 'N', description: `only the last N entries; ${defaultLimit}` } },
  async execute({ options, output, open }) {
    const limit = options.limit === undefined ? defaultLimit : wholeNumber('limit', options.limit);
    const entries = await (await open()).audit({ limit });
    await output.print(
      { entries: entries.map(documentOf) },
      entries.length === 0 ? 'Nothing yet.' : table(entries.map(rowOf), output.columns),
    );
    return 0;
  },
});

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
