import type { RestartOptions } from '../../supervisor/restart.ts';
import { wholeNumber } from '../amount.ts';
import { defineCommand } from '../command.ts';
import { startRun } from '../start-run.ts';
import { tellStopping } from '../tell-stopping.ts';
import { UsageError } from '../usage-error.ts';

export const restart = defineCommand({
  name: 'restart',
  summary: 'start a run again: the same workflow, message and base; the old run is ended first',
  usage: 'RUN [--fresh | --resume | --checkpoint N] [--reason TEXT] [--wait]',
  operands: { minimum: 1, maximum: 1, candidates: ['runs'] },
  options: {
    fresh: { type: 'boolean', description: 'in a new worktree, from the base; this is the default' },
    resume: { type: 'boolean', description: 'in the same worktree, with all that is in it' },
    checkpoint: {
      type: 'string',
      value: 'N',
      candidates: ['last'],
      description: 'in a new worktree, from what checkpoint N keeps, or from the last: "last"',
    },
    reason: { type: 'string', value: 'TEXT', description: 'why, for the record' },
    wait: { type: 'boolean', description: 'answer when the new run is over, with exit code 0 only if it completed' },
  },
  async execute({ operands: [runId = ''], options, output, open }) {
    const resume = resumeOf(options);
    const why = options.reason === undefined ? {} : { why: options.reason };
    const supervisor = await open();
    return startRun(supervisor, output, options.wait ?? false, (told) =>
      tellStopping(
        supervisor,
        runId,
        output,
        supervisor.restart(runId, { ...told, ...why, ...(resume === undefined ? {} : { resume }) }),
      ),
    );
  },
});

function resumeOf(options: {
  readonly fresh?: boolean;
  readonly resume?: boolean;
  readonly checkpoint?: string;
}): RestartOptions['resume'] {
  const { fresh = false, resume = false, checkpoint } = options;
  if (Number(fresh) + Number(resume) + Number(checkpoint !== undefined) > 1) {
    throw new UsageError('Only one of --fresh, --resume and --checkpoint can be given.', 'restart');
  }
  if (checkpoint !== undefined) {
    return { checkpoint: checkpoint === 'last' ? null : wholeNumber('checkpoint', checkpoint) };
  }
  return resume ? 'worktree' : undefined;
}
