import { describe, expect, test, vi } from 'vitest';
import type { KillReportJson } from '../../../src/core/run-json.ts';
import { eventually } from '../../support/eventually.ts';
import { processesOf } from '../../support/run-processes.ts';
import { shell, temporaryRepository, type TemporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor } from '../../support/test-supervisor.ts';
import { type Answer, type Face, faces } from './faces.ts';

vi.mock('vscode', () => ({
  env: { sessionId: null },
  l10n: {
    t: (template: string, ...values: unknown[]) =>
      template.replaceAll(/\{(\d+)\}/g, (_, index: string) => String(values[Number(index)])),
  },
  workspace: { isTrusted: true, getConfiguration: () => ({ get: () => undefined }) },
}));

const workflows = { hang: shell('echo begun; exec sleep 600'), quick: shell('echo done; exit 3') };

const inOffset = (iso: string, hours: number): string => {
  const local = new Date(Date.parse(iso) + hours * 3_600_000).toISOString().slice(0, -1);
  return `${local}${hours < 0 ? '-' : '+'}${String(Math.abs(hours)).padStart(2, '0')}:00`;
};

/** What one does on a day, and what one is told. */
async function answersOf(face: Face): Promise<readonly Answer[]> {
  const ended = (runId: string) => eventually(async () => (await face.status(runId)).ended_at);
  const begun = (runId: string) => eventually(async () => (await face.status(runId)).last_line === 'begun');

  const hang = await face.run('hang', 'first');
  await begun(hang.run_id);
  const seen = await face.status(hang.run_id);
  const killed = await face.kill(hang.run_id, 'enough');
  const left = processesOf(hang.run_id);
  const killedAgain = await face.kill(hang.run_id);
  const afterKill = await face.status(hang.run_id);

  const quick = await face.run('quick', 'second');
  await ended(quick.run_id);
  const finished = await face.status(quick.run_id);
  const killedFinished = await face.kill(quick.run_id);
  const completedFinished = await face.complete(quick.run_id, 'late');

  const unknown = 'run_000000000000';
  const ofUnknown = [await face.status(unknown), await face.kill(unknown), await face.restart(unknown)];
  const runOfUnknown = await face.run('nobody', '');

  const restarted = await face.restart(hang.run_id);
  await begun(restarted.run_id);
  const completed = await face.complete(restarted.run_id, 'it was done');

  const spans = [];
  for (const hours of [-11, 0, 5, 14]) {
    spans.push(
      await face.list(inOffset(hang.created_at, hours), inOffset(restarted.created_at, -hours)),
      await face.list(inOffset(quick.created_at, hours), inOffset('2100-01-01T00:00:00Z', hours)),
    );
  }
  const plan = await face.cleanup();
  plan.removed.sort(byPath);
  plan.kept.sort(byPath);
  return [
    { seen, killed, left, isSame: JSON.stringify(killedAgain) === JSON.stringify(killed), afterKill },
    { finished, killedFinished, completedFinished, ofUnknown, runOfUnknown },
    { started: shortOf(hang), restarted: shortOf(restarted), completed, spans, plan },
  ];

  function byPath(one: { readonly run_id: string }, other: { readonly run_id: string }): number {
    const order = [hang.run_id, quick.run_id, restarted.run_id];
    return order.indexOf(one.run_id) - order.indexOf(other.run_id);
  }
}

/** Of a run that has just begun: the rest depends on how far it is. */
function shortOf({ run_id, workflow_name, status, message, restarted_from, exit_code, persistent }: Answer): Answer {
  return { run_id, workflow_name, status, message, restarted_from, exit_code, persistent };
}

/**
 * What is another each time gets a name. What only some faces tell beside a run goes, and what the machine lacks at that
 * moment.
 */
function comparable(answers: readonly Answer[], repository: TemporaryRepository): unknown {
  const names = new Map<string, string>();
  const named = (kind: string, value: string): string => {
    if (!names.has(value)) names.set(value, `${kind} ${names.size + 1}`);
    return names.get(value) ?? '';
  };
  const text = JSON.stringify(answers)
    .replaceAll(repository.path, 'REPOSITORY')
    .replaceAll(/run_[0-9a-f]{12}/g, (id) => named('run', id))
    .replaceAll(/(hang|quick)([-/])[0-9a-f]{12}/g, '$1$2ID')
    .replaceAll(/\b[0-9a-f]{40}\b/g, 'COMMIT')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/\d+\.\d+s/g, 'SECONDS')
    .replaceAll(/"(\w*_ms|pid|bytes)":\d+/g, '"$1":"NUMBER"');
  return JSON.parse(text, (key, value: unknown) => {
    if (['watcher', 'impact', 'session_id', 'last_output_at', 'shortages'].includes(key)) return undefined;
    // Whether the second signal still finds somebody is chance.
    return key === 'signals'
      ? (value as KillReportJson['signals']).filter(({ signal }) => signal !== 'SIGCONT')
      : value;
  });
}

describe('the same things done', () => {
  test('are answered alike by the supervisor, the command line, HTTP, MCP and the API of the extension', async () => {
    const answers = new Map(
      await Promise.all(
        Object.entries(faces).map(async ([name, open]) => {
          await using repository = await temporaryRepository();
          await repository.defineWorkflows(workflows);
          await using _ender = await testSupervisor(repository);
          await using face = await open(repository);
          return [name, comparable(await answersOf(face), repository)] as const;
        }),
      ),
    );
    const told = answers.get('supervisor') as readonly Answer[];
    expect(told).toMatchObject([
      {
        seen: { status: 'running' },
        killed: { success: true },
        left: [],
        isSame: true,
        afterKill: { status: 'terminated' },
      },
      { finished: { status: 'failed', exit_code: 3 }, killedFinished: { code: 'run_is_over' } },
      { completed: { status: 'completed' }, plan: { dry_run: true } },
    ]);
    for (const [name, others] of answers) expect(others, name).toEqual(told);
  });

  test('100 times at once, by all of them: one kill is one kill, and each learns how it went', async () => {
    await using repository = await temporaryRepository();
    await repository.defineWorkflows(workflows);
    await using ender = await testSupervisor(repository);
    await using stack = new AsyncDisposableStack();
    const opened: Face[] = [];
    for (const [name, open] of Object.entries(faces)) {
      const face = stack.use(await open(repository));
      // Each command is a process of its own.
      opened.push(...Array.from({ length: name === 'cli' ? 4 : 24 }, () => face));
    }
    const { runId } = await ender.supervisor.run({ workflowName: 'hang', directory: repository.path, message: '' });

    const reports = await Promise.all(opened.map((face) => face.kill(runId)));

    expect(reports).toHaveLength(100);
    const [report] = reports;
    expect(report).toMatchObject({ success: true, run_id: runId });
    for (const other of reports) expect(other).toEqual(report);
    expect(processesOf(runId)).toEqual([]);
    const entries = await ender.supervisor.audit({ runId, action: 'kill', limit: 1_000 });
    const asked = entries.filter(({ outcome }) => outcome === 'asked');
    // One has decided; of the others it is written what they found.
    expect(asked).toHaveLength(100);
    expect(asked.filter(({ facts }) => facts['status'] === undefined)).toHaveLength(1);
    expect(new Set(asked.map(({ actor }) => actor.face))).toEqual(new Set(['cli', 'http', 'mcp', 'vscode']));
    expect(entries.filter(({ outcome }) => outcome !== 'asked').map(({ outcome }) => outcome)).toEqual(['done']);
    expect(await ender.supervisor.verifyAudit()).toMatchObject({ problems: [] });
  });
});
