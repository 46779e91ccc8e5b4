// `npm start`: the main job, live in the terminal, in a temporary repository. Exits 0 when everything held.
import { styleText } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  describeBytes,
  describeDuration,
  describeHealthReason,
  describeKeepReason,
  describeKill,
  plainEnglish,
} from '../../src/core/messages.ts';
import type { Run } from '../../src/core/run.ts';
import { isTerminal } from '../../src/core/run-status.ts';
import { openSupervisor } from '../../src/open-supervisor.ts';
import type { RunReport, Supervisor } from '../../src/supervisor/supervisor.ts';
import { processesOf } from '../support/run-processes.ts';
import { sampleRepository } from './sample-repository.ts';

const patienceMilliseconds = 30_000;

const say = (text = ''): void => console.log(text);
const title = (text: string): void => say(`\n${styleText('bold', text)}`);

async function demonstrate(warden: Supervisor, repository: string): Promise<void> {
  title('Four workflows start, each in a git worktree of its own');
  const names = ['finisher', 'editor', 'hanger', 'stubborn'];
  const started = await Promise.all(
    names.map((workflowName) => warden.run({ workflowName, directory: repository, message: 'Say hello' })),
  );
  warden.startWatching(1_000);
  const stuck = await showUntilStuck(warden, 2);

  title('Two of them need a person: they are killed');
  const reports = await Promise.all(stuck.map(({ run }) => warden.kill(run.runId, { why: 'stuck' })));
  for (const report of reports) {
    say(`  ${describeKill(report, plainEnglish)}`);
    for (const { phase, signal, processes } of report.signals)
      say(styleText('dim', `    ${phase}: ${signal} to ${processes}`));
  }

  title('Is anything left? Every process of the machine is asked for the cookie of these runs');
  requireNothingLeft(started);
  say('  Nothing is left.');

  title('One of them is started again');
  const [first] = stuck;
  if (first === undefined) throw new Error('nothing was stuck');
  const again = await warden.restart(first.run.runId);
  say(
    `  ${again.runId} takes the place of ${first.run.runId} (${again.workflowName}), in ${again.worktree?.branch ?? ''}`,
  );
  say(
    `  ${describeKill(await warden.kill(again.runId, { force: true, why: 'the end of the demonstration' }), plainEnglish)}`,
  );
  requireNothingLeft([again]);

  title('Worktrees are cleaned up');
  const { removed, kept } = await warden.cleanup({ directory: repository, dryRun: false, maxAgeHours: 0 });
  for (const { path, bytes } of removed)
    say(`  removed ${path}${bytes === null ? '' : ` (${describeBytes(bytes, plainEnglish)})`}`);
  for (const { path, reasons } of kept) {
    say(`  kept    ${path}: ${reasons.map((reason) => describeKeepReason(reason, plainEnglish)).join(', ')}`);
  }

  title('What happened, from the audit log');
  for (const entry of await warden.audit({})) {
    const why = entry.why === null ? '' : ` (${entry.why})`;
    say(
      `  ${new Date(entry.at).toISOString()}  ${entry.runId ?? ''}  ${entry.action.padEnd(8)} ${entry.outcome}${why}`,
    );
  }
}

async function showUntilStuck(warden: Supervisor, count: number): Promise<RunReport[]> {
  const end = performance.now() + patienceMilliseconds;
  let drawn = 0;
  for (;;) {
    const { runs } = await warden.list({});
    const lines = runs.toReversed().map(lineOf);
    // Without a terminal there is nothing to draw over: only the last state is printed.
    const stuck = runs.filter(({ health }) => health.level === 'critical');
    const settled =
      stuck.length >= count && runs.every(({ run, health }) => isTerminal(run.status) || health.level === 'critical');
    if (process.stdout.isTTY) {
      if (drawn > 0) process.stdout.write(`\u001b[${drawn}A`);
      for (const line of lines) process.stdout.write(`${line}\u001b[K\n`);
      drawn = lines.length;
    } else if (settled) for (const line of lines) say(line);
    if (settled) return stuck;
    if (performance.now() > end) throw new Error(`only ${stuck.length} of ${count} runs were found to be stuck`);
    await sleep(250);
  }
}

const colours = { healthy: 'green', warning: 'yellow', critical: 'red' } as const;
const signs = { healthy: '●', warning: '▲', critical: '■' } as const;

function lineOf({ run, health, lastLine }: RunReport): string {
  const sign = isTerminal(run.status) ? '✓' : styleText(colours[health.level], signs[health.level]);
  const age = describeDuration((run.endedAt ?? Date.now()) - run.createdAt, plainEnglish);
  const text =
    health.reasons.length > 0
      ? health.reasons.map((reason) => describeHealthReason(reason, plainEnglish)).join('; ')
      : (lastLine ?? '');
  return `  ${sign} ${run.workflowName.padEnd(10)} ${run.status.padEnd(12)} ${age.padStart(8)}  ${text}`;
}

function requireNothingLeft(runs: readonly Run[]): void {
  if (process.platform !== 'linux') return;
  const left = runs.flatMap(({ runId }) => processesOf(runId));
  if (left.length > 0) throw new Error(`still alive: ${left.join(', ')}`);
}

async function stopEverything(warden: Supervisor): Promise<void> {
  const { runs } = await warden.list({ statuses: ['pending', 'running', 'terminating'] });
  await Promise.all(runs.map(({ run }) => warden.kill(run.runId, { force: true })));
  await warden.dispose();
}

await using sample = await sampleRepository();
const supervisor = await openSupervisor({
  face: 'cli',
  diagnostics: { failed: (during, error) => console.error(`${during}:`, error) },
  environment: { ...process.env, WARDEN_STATE_DIR: sample.stateFolder },
});
process.once('SIGINT', () => void stopEverything(supervisor).finally(() => process.exit(130)));
try {
  await demonstrate(supervisor, sample.path);
} finally {
  await stopEverything(supervisor);
}
