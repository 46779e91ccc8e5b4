import { runStatuses, isTerminal } from '../../core/run-status.ts';
import { type AskedCandidates, askedCandidates, type Command, type CommandOptions, defineCommand } from '../command.ts';
import type { Invocation } from '../command.ts';
import { bashCompletion } from '../completion/bash.ts';
import { fishCompletion } from '../completion/fish.ts';
import { zshCompletion } from '../completion/zsh.ts';
import { oneLine } from '../output.ts';
import { commonOptions } from '../parse-command-line.ts';
import { repositoryHere } from '../repository-here.ts';
import { UsageError } from '../usage-error.ts';

type MakeScript = (commands: readonly Command[], common: CommandOptions) => string;

const shells: ReadonlyMap<string, MakeScript> = new Map([
  ['bash', bashCompletion],
  ['zsh', zshCompletion],
  ['fish', fishCompletion],
]);

/** More are not looked through. */
const mostRuns = 50;

export const completion = defineCommand({
  name: 'completion',
  summary: 'print a script by which a shell completes commands, options, runs and workflows',
  usage: [...shells.keys()],
  operands: { minimum: 1, maximum: 1, candidates: [[...shells.keys()]] },
  options: {},
  notes: [
    'For every new shell:',
    '  bash  in ~/.bashrc:                    eval "$(warden completion bash)"',
    '  zsh   in ~/.zshrc, after compinit:     source <(warden completion zsh)',
    '  fish  once:                            warden completion fish > ~/.config/fish/completions/warden.fish',
    '',
    'Runs and workflows are asked for when they are needed: by "warden completion runs", "active-runs" or "workflows", which',
    'print one a line, and nothing when there is none.',
  ],
  async execute(invocation) {
    const { operands, output, commands } = invocation;
    const [name = ''] = operands;
    const asked = askedCandidates.find((one) => one === name);
    if (asked !== undefined) {
      const found = await candidates(asked, invocation);
      const lines = found.map(({ value, about }) => `${value}\t${oneLine(about)}`);
      await output.print({ candidates: found }, lines.join('\n'));
      return 0;
    }
    const make = shells.get(name);
    if (make === undefined) {
      throw new UsageError(`"${name}" is not valid. Expected: ${[...shells.keys()].join(', ')}.`, 'completion');
    }
    const script = make(commands, commonOptions);
    await output.print({ script }, script.trimEnd());
    return 0;
  },
});

interface Candidate {
  readonly value: string;
  readonly about: string;
}

/** Without a look at the processes: it has to be quick. */
async function candidates(asked: AskedCandidates, invocation: Invocation): Promise<readonly Candidate[]> {
  const supervisor = await invocation.open();
  if (asked === 'workflows') {
    const workflows = [...(await supervisor.workflows(invocation.directory)).values()];
    return workflows.map(({ name, description }) => ({ value: name, about: description ?? '' }));
  }
  const repository = await repositoryHere(supervisor, invocation);
  const reports = await supervisor.recent({
    limit: mostRuns,
    ...(repository === null ? {} : { repository }),
    ...(asked === 'runs' ? {} : { statuses: runStatuses.filter((status) => !isTerminal(status)) }),
  });
  return reports.map(({ run }) => ({
    value: run.runId,
    about: [run.workflowName, run.status, run.message].join(', '),
  }));
}
