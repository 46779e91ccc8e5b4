import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import {
  auditClosing,
  type AuditFormat,
  auditFormats,
  auditJson,
  auditOpening,
  exportedEntry,
  isAuditFormat,
} from '../../core/audit-export.ts';
import { type AuditProblem, describeAuditProblem } from '../../core/audit-problem.ts';
import { detailOf, WardenError } from '../../core/errors.ts';
import { plainEnglish } from '../../core/messages.ts';
import { isRunId, type RunId } from '../../core/run-id.ts';
import type { AuditFilter, LoggedEntry } from '../../core/ports/store.ts';
import type { Supervisor } from '../../supervisor/supervisor.ts';
import { wholeNumber } from '../amount.ts';
import { defineCommand, type Invocation, type OptionValues } from '../command.ts';
import { oneLine } from '../output.ts';
import { table } from '../table.ts';
import { terminalText } from '../terminal-text.ts';
import { parseTime, timeNote } from '../time.ts';
import { UsageError } from '../usage-error.ts';

const defaultLimit = 100;

/** So many are held at a time. */
const exportedAtOnce = 500;

const options = {
  run: { type: 'string', value: 'RUN', candidates: 'runs', description: 'only what is about this run' },
  user: { type: 'string', value: 'NAME', description: 'with redact: whose text is removed' },
  action: { type: 'string', value: 'NAME', description: 'only this, e.g. kill' },
  since: { type: 'string', value: 'TIME', description: 'then or later' },
  until: { type: 'string', value: 'TIME', description: 'before then' },
  limit: { type: 'string', value: 'N', description: `only the last N entries; ${defaultLimit}, and all for an export` },
  format: {
    type: 'string',
    value: 'FORMAT',
    candidates: auditFormats,
    description: 'of an export: json or csv; json when absent',
  },
  output: {
    type: 'string',
    value: 'FILE',
    candidates: 'files',
    description: 'where an export goes, a new file; standard output when absent',
  },
} as const;

type Options = typeof options;

type Action = (supervisor: Supervisor, invocation: Invocation<Options>) => Promise<number>;

const selecting = ['run', 'action', 'since', 'until'];

/** Each with the options that belong to it. */
const actions: ReadonlyMap<string, { readonly act: Action; readonly takes: readonly string[] }> = new Map([
  ['show', { act: show, takes: [...selecting, 'limit'] }],
  ['verify', { act: verify, takes: [] }],
  ['redact', { act: redact, takes: ['user', 'run'] }],
  ['export', { act: exportEntries, takes: [...selecting, 'format', 'output'] }],
]);

export const audit = defineCommand({
  name: 'audit',
  summary: 'print who did what and how it went; verify that nobody has changed it; export it',
  usage: [
    '[--run RUN] [--action NAME] [--since TIME] [--until TIME] [--limit N]',
    'verify',
    'export [--format json|csv] [--output FILE] [--run RUN] [--action NAME] [--since TIME] [--until TIME]',
    'redact --user NAME | --run RUN',
  ],
  operands: { minimum: 0, maximum: 1, candidates: [[...actions.keys()]] },
  options,
  notes: [timeNote, 'Exit code of verify: 1 when something was changed. What it finds: docs/audit.md.'],
  async execute(invocation) {
    const [name = 'show'] = invocation.operands;
    const action = actions.get(name);
    if (action === undefined) {
      throw new UsageError(`"${name}" is not valid. Expected: ${[...actions.keys()].join(', ')}.`, 'audit');
    }
    const stray = Object.keys(invocation.options).find((option) => !action.takes.includes(option));
    if (stray !== undefined) throw new UsageError(`--${stray} does not belong to "warden audit ${name}".`, 'audit');
    return action.act(await invocation.open(), invocation);
  },
});

async function filterOf(supervisor: Supervisor, given: OptionValues<Options>): Promise<AuditFilter> {
  const now = Date.now();
  return {
    ...(given.run === undefined ? {} : { runId: await auditedRun(supervisor, given.run) }),
    ...(given.action === undefined ? {} : { action: given.action }),
    ...(given.since === undefined ? {} : { since: parseTime('since', given.since, now) }),
    ...(given.until === undefined ? {} : { until: parseTime('until', given.until, now) }),
  };
}

/** Entries outlive what they are about. @throws WardenError unknown_run where nothing is known of it, not even by the log */
async function auditedRun(supervisor: Supervisor, text: string): Promise<RunId> {
  if (isRunId(text) && (await supervisor.audit({ runId: text, limit: 1 })).length > 0) return text;
  return (await supervisor.status(text)).run.runId;
}

async function show(supervisor: Supervisor, { options: given, output }: Invocation<Options>): Promise<number> {
  const limit = given.limit === undefined ? defaultLimit : wholeNumber('limit', given.limit);
  const entries = await supervisor.audit({ ...(await filterOf(supervisor, given)), limit });
  await output.print(
    { entries: entries.map(auditJson) },
    entries.length === 0 ? 'Nothing yet.' : table(entries.map(rowOf), output.columns),
  );
  return 0;
}

async function exportEntries(supervisor: Supervisor, invocation: Invocation<Options>): Promise<number> {
  const { options: given, output, directory } = invocation;
  const format = given.format ?? 'json';
  if (!isAuditFormat(format)) {
    throw new UsageError(`"${format}" is not valid for --format. Expected: ${auditFormats.join(', ')}.`, 'audit');
  }
  if (given.output === undefined && format === 'csv' && output.json) {
    throw new UsageError('--json prints no CSV: name a file for it with --output.', 'audit');
  }
  const filter = await filterOf(supervisor, given);
  if (given.output === undefined) {
    await writeExport(supervisor, filter, format, (text) =>
      output.write(output.isTerminal ? terminalText(text, false) : text),
    );
    return 0;
  }
  const file = path.resolve(directory, given.output);
  const handle = await open(file, 'wx', 0o600).catch((error: unknown) => {
    throw new WardenError(
      'invalid_argument',
      { argument: '--output', value: file, expected: `a new file that can be written (${detailOf(error)})` },
      { cause: error },
    );
  });
  try {
    const entries = await output.during(
      'writing every entry …',
      writeExport(supervisor, filter, format, (text) => handle.appendFile(text)),
    );
    await handle.sync();
    await output.print({ file, entries }, `${entries} entries in ${file}.`);
    return 0;
  } catch (error) {
    // Half of it would pass for all.
    await rm(file, { force: true });
    const isFull = (error as NodeJS.ErrnoException).code === 'ENOSPC';
    throw isFull ? new WardenError('disk_full', { path: file }, { cause: error }) : error;
  } finally {
    await handle.close();
  }
}

/** @returns how many entries it has written */
async function writeExport(
  supervisor: Supervisor,
  filter: AuditFilter,
  format: AuditFormat,
  write: (text: string) => Promise<void>,
): Promise<number> {
  let count = 0;
  for (let after = 0; ;) {
    const entries = await supervisor.audit({ ...filter, after, limit: exportedAtOnce });
    const text = entries.map((entry, index) => exportedEntry(entry, format, count + index === 0));
    // What is refused is told in the place of the document.
    await write(`${after === 0 ? auditOpening[format] : ''}${text.join('')}`);
    count += entries.length;
    const last = entries.at(-1);
    if (last === undefined) break;
    after = last.entry;
  }
  await write(auditClosing[format]);
  return count;
}

async function redact(supervisor: Supervisor, { options: given, output }: Invocation<Options>): Promise<number> {
  const { run, user } = given;
  const runId = run === undefined ? null : await auditedRun(supervisor, run);
  if ((runId === null) === (user === undefined || user === '')) {
    throw new UsageError('"warden audit redact" needs either --user or --run.', 'audit');
  }
  const redacted = await output.during(
    'removing it …',
    supervisor.redactAudit(runId === null ? { user: user ?? '' } : { runId }),
  );
  await output.print({ redacted }, `The text of ${redacted} entries was removed.`);
  return 0;
}

async function verify(supervisor: Supervisor, { output }: Invocation): Promise<number> {
  const { entries, problems, isCut } = await output.during('reading every entry …', supervisor.verifyAudit());
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

function rowOf({ entry, at, runId, action, actor, outcome, why, isRedacted }: LoggedEntry): readonly string[] {
  return [
    String(entry),
    new Date(at).toISOString(),
    runId ?? '-',
    action,
    outcome,
    isRedacted ? '(redacted)' : `${oneLine(actor.user)} (${actor.face})`,
    why === null ? '' : oneLine(why),
  ];
}
