import { isWardenError, type WardenError } from '../../core/errors.ts';
import type { Impact } from '../../core/impact.ts';
import { describeActivity, describeImpact, describeWhatStays } from '../../core/impact-words.ts';
import type { KillReport } from '../../core/kill-report.ts';
import { selectRuns } from '../../core/kill-selection.ts';
import { describeAftermath, describeError, describeKill, plainEnglish } from '../../core/messages.ts';
import { isRunId } from '../../core/run-id.ts';
import { requestJson } from '../../core/permission-request.ts';
import { errorJson, killPreviewJson, killReportJson } from '../../core/run-json.ts';
import type { Supervisor } from '../../supervisor/supervisor.ts';
import { canAsk, saysYes } from '../ask.ts';
import { defineCommand, type Invocation, type OptionValues } from '../command.ts';
import { withLastWord } from '../interruption.ts';
import { oneLine, type Output } from '../output.ts';
import { tellStopping } from '../tell-stopping.ts';
import { UsageError } from '../usage-error.ts';

const options = {
  match: { type: 'string', value: 'PATTERN', description: 'all whose id, workflow or message is like this' },
  workflow: { type: 'string', value: 'NAME', candidates: 'workflows', description: 'all runs of this workflow' },
  all: { type: 'boolean', description: 'all runs' },
  everywhere: { type: 'boolean', description: 'with one of these: of every repository, not of this one alone' },
  'with-children': { type: 'boolean', description: 'also the runs that they have started' },
  'dry-run': { type: 'boolean', description: 'only tell which runs, and what kills would cut off' },
  yes: { type: 'boolean', description: 'do not ask' },
  force: { type: 'boolean', description: 'without waiting for the processes to end by themselves' },
  reason: { type: 'string', value: 'TEXT', description: 'why, for the record' },
  ask: { type: 'boolean', description: 'in a run: ask a person to kill the RUN, where the run itself may not' },
} as const;

type Options = OptionValues<typeof options>;

export const kill = defineCommand({
  name: 'kill',
  summary: 'end runs with all their processes, and prove that none is left',
  usage: [
    'RUN… [--force] [--with-children] [--reason TEXT] [--dry-run]',
    '--match PATTERN | --workflow NAME | --all [--everywhere] [--with-children] [--force] [--yes]',
    'RUN --ask [--force] [--reason TEXT]',
  ],
  operands: { minimum: 0, maximum: Infinity, candidates: ['active-runs'] },
  options,
  notes: [
    'Runs that are named are killed at once. With --match, --workflow or --all it is every such run of this repository that',
    'is not over, or that has failed and is to be started again: they are shown with what would be cut off, and you are',
    'asked first. Where nobody can be asked, and with --json, --yes or --dry-run must be given.',
    '',
    'In a PATTERN * stands for any characters and ? for one; it must fit the whole id, workflow name or message. With',
    '--workflow too, both must hold. In a run, it and those that it was started from are never meant.',
    '',
    'Exit codes: 0 when all are ended, also when none was meant; 1 when one is not, or somebody said no; 3 when a named',
    'run is not known. With --json one RUN prints its report, all else {"reports": […]}.',
  ],
  async execute(invocation) {
    const { operands, options: given, output, open } = invocation;
    requireOneWay(operands, given);
    const isNamed = operands.length > 0;
    if (!isNamed && given.yes !== true && given['dry-run'] !== true && !canAsk(output)) {
      throw new UsageError(
        'These runs are not named: say yes to their end with --yes, or only look with --dry-run.',
        'kill',
      );
    }
    if (given.ask === true) return askFor(invocation);
    const supervisor = await open();
    const meant = isNamed ? [...new Set(operands)] : await meantRuns(supervisor, invocation);
    const runIds = given['with-children'] === true ? await familiesOf(supervisor, meant) : meant;
    const impactOf = (these: readonly string[]): Promise<readonly Impact[]> =>
      output.during('looking at what is at stake …', supervisor.impactOf(these));
    if (given['dry-run'] === true) return preview(await impactOf(runIds), output);
    if (runIds.length === 0) {
      await output.print({ reports: [] }, 'No run that is not over is meant.');
      return 0;
    }
    if (!isNamed && given.yes !== true && !(await isConfirmed(await impactOf(runIds), output))) return 1;
    const outcomes = await withLastWord(
      () => output.tell('interrupted, but what is being ended is not spared: whoever looks next goes on with it'),
      killAll(supervisor, runIds, meant, invocation),
    );
    const documents = outcomes.map(documentOf);
    await output.print(
      isNamed && given['with-children'] !== true && documents.length === 1 ? documents[0] : { reports: documents },
      outcomes.flatMap(linesOf).join('\n'),
    );
    if (given['with-children'] !== true) await tellWhoGoesOn(supervisor, outcomes, output);
    return exitCodeOf(outcomes, new Set(isNamed ? meant : []));
  },
});

/** What is asked for is answered with `warden requests`, or in VS Code. */
async function askFor({ operands, options: given, output, open }: Invocation<typeof options>): Promise<number> {
  const [runId, ...more] = operands;
  if (runId === undefined || more.length > 0) throw new UsageError('--ask needs one RUN.', 'kill');
  const supervisor = await open();
  const { force, reason } = given;
  const request = await supervisor.ask(runId, {
    ...(force === undefined ? {} : { force }),
    ...(reason === undefined ? {} : { why: reason }),
  });
  await output.print(
    { request: requestJson(request) },
    `Asked (request ${request.id}): ${request.runId} goes on until a person answers.`,
  );
  return 0;
}

/** @throws UsageError when it is not said, or said in more than one way, which runs are meant */
function requireOneWay(operands: readonly string[], { match, workflow, all, everywhere }: Options): void {
  if (match === '' || workflow === '') {
    // What a script has left empty by mistake would fit every run without a message.
    throw new UsageError(`--${match === '' ? 'match' : 'workflow'} needs a value that is not empty.`, 'kill');
  }
  const isByLikeness = match !== undefined || workflow !== undefined;
  const ways = [operands.length > 0, isByLikeness, all === true].filter(Boolean).length;
  if (ways === 0) throw new UsageError('Something is missing: which runs? Name them, or see --match.', 'kill');
  if (ways > 1) {
    throw new UsageError('Either runs are named, or they are like --match and --workflow say, or --all.', 'kill');
  }
  if (everywhere === true && operands.length > 0) {
    throw new UsageError('Runs that are named are found everywhere: --everywhere is too much.', 'kill');
  }
}

/** @throws WardenError not_a_repository outside of one, unless every repository is meant */
async function meantRuns(
  supervisor: Supervisor,
  { options: given, directory, environment }: Pick<Invocation<typeof options>, 'options' | 'directory' | 'environment'>,
): Promise<readonly string[]> {
  const own = environment['WARDEN_RUN_ID'] ?? '';
  const selection = {
    ...(given.match === undefined ? {} : { pattern: given.match }),
    ...(given.workflow === undefined ? {} : { workflowName: given.workflow }),
    ...(given.everywhere === true ? {} : { repository: await supervisor.repositoryOf(directory) }),
    ...(isRunId(own) ? { within: own } : {}),
  };
  return selectRuns(await supervisor.active(), selection).map(({ runId }) => runId);
}

async function preview(impacts: readonly Impact[], output: Output): Promise<number> {
  await output.print(killPreviewJson(impacts), impacts.length === 0 ? 'Nothing would be killed.' : linesAbout(impacts));
  return 0;
}

async function isConfirmed(impacts: readonly Impact[], output: Output): Promise<boolean> {
  await output.show(`${linesAbout(impacts)}\n${describeWhatStays(plainEnglish)}`);
  const isYes = await saysYes(impacts.length === 1 ? 'Kill this run?' : `Kill these ${impacts.length} runs?`);
  if (!isYes) output.tell('nothing was killed');
  return isYes;
}

function linesAbout(impacts: readonly Impact[]): string {
  return impacts
    .flatMap((impact) => [
      `${impact.runId} (${impact.workflowName}) ${oneLine(describeActivity(impact, plainEnglish))}`,
      ...describeImpact(impact, plainEnglish).map((fact) => `  ${oneLine(fact)}`),
    ])
    .join('\n');
}

/** Those that a run started before the run itself. */
async function familiesOf(supervisor: Supervisor, runIds: readonly string[]): Promise<readonly string[]> {
  const families = await Promise.all(runIds.map(async (runId) => [runId, ...(await childrenOf(supervisor, runId))]));
  return [...new Set(families.flatMap((family) => family.toReversed()))];
}

/** Of a run that is not known none; that is told when it is killed. */
async function childrenOf(supervisor: Supervisor, runId: string): Promise<readonly string[]> {
  try {
    return await supervisor.childrenOf(runId);
  } catch (error) {
    if (isWardenError(error, 'unknown_run')) return [];
    throw error;
  }
}

async function tellWhoGoesOn(supervisor: Supervisor, outcomes: readonly Outcome[], output: Output): Promise<void> {
  const killed = new Set<string>(outcomes.map(({ runId }) => runId));
  for (const runId of killed) {
    const children = (await childrenOf(supervisor, runId)).filter((child) => !killed.has(child));
    if (children.length === 0) continue;
    output.tell(`what ${runId} has started goes on: ${children.join(', ')} (--with-children ends it too)`);
  }
}

/** Everything that is meant, and what was started by it meanwhile, as by an agent whose child was killed. */
async function killAll(
  supervisor: Supervisor,
  first: readonly string[],
  meant: readonly string[],
  invocation: Pick<Invocation<typeof options>, 'operands' | 'options' | 'output'>,
): Promise<readonly Outcome[]> {
  const outcomes = [...(await killAtOnce(supervisor, first, invocation))];
  if (invocation.options['with-children'] !== true) return outcomes;
  for (;;) {
    const known = new Set<string>(outcomes.map(({ runId }) => runId));
    const more = (await familiesOf(supervisor, meant)).filter((runId) => !known.has(runId));
    if (more.length === 0) return outcomes;
    outcomes.push(...(await killAtOnce(supervisor, more, invocation)));
  }
}

/** Since they share each look. One that cannot be killed does not keep the others alive. */
async function killAtOnce(
  supervisor: Supervisor,
  runIds: readonly string[],
  { operands, options: given, output }: Pick<Invocation<typeof options>, 'operands' | 'options' | 'output'>,
): Promise<readonly Outcome[]> {
  const request = { force: given.force ?? false, ...(given.reason === undefined ? {} : { why: given.reason }) };
  let count = 0;
  return Promise.all(
    runIds.map(async (runId) => {
      try {
        const ended = supervisor.kill(runId, request);
        return await (runIds.length === 1 ? tellStopping(supervisor, runId, output, ended) : ended);
      } catch (error) {
        if ((operands.length !== 1 || runIds.length > 1) && isWardenError(error)) return { runId, error };
        throw error;
      } finally {
        count += 1;
        if (runIds.length > 1) output.progress(`${count} of ${runIds.length}`);
      }
    }),
  );
}

type Outcome = KillReport | { readonly runId: string; readonly error: WardenError };

function exitCodeOf(outcomes: readonly Outcome[], named: ReadonlySet<string>): number {
  // Of those that were only meant, one that ended by itself meanwhile is ended.
  const isEnded = (outcome: Outcome): boolean =>
    'error' in outcome ? !named.has(outcome.runId) && isWardenError(outcome.error, 'run_is_over') : outcome.success;
  const left = outcomes.filter((outcome) => !isEnded(outcome));
  if (left.length === 0) return 0;
  return left.every((outcome) => 'error' in outcome && isWardenError(outcome.error, 'unknown_run')) ? 3 : 1;
}

function documentOf(outcome: Outcome): object {
  return 'error' in outcome ? { run_id: outcome.runId, ...errorJson(outcome.error) } : killReportJson(outcome);
}

function linesOf(outcome: Outcome): readonly string[] {
  if ('error' in outcome) return [describeError(outcome.error, plainEnglish)];
  const aftermath = outcome.aftermath === null ? [] : describeAftermath(outcome.aftermath, plainEnglish);
  return [
    `${outcome.runId}: ${oneLine(describeKill(outcome, plainEnglish))}`,
    ...aftermath.map((fact) => `  ${oneLine(fact)}`),
  ];
}
