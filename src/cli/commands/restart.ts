import { defineCommand } from '../command.ts';
import { startRun } from '../start-run.ts';

export const restart = defineCommand({
  name: 'restart',
  summary: 'start a run again: the same workflow, message and base; the old run is ended first',
  usage: 'RUN [--wait]',
  operands: { minimum: 1, maximum: 1 },
  options: {
    wait: { type: 'boolean', description: 'answer when the new run is over, with exit code 0 only if it completed' },
  },
  async execute({ operands: [runId = ''], options, output, open }) {
    const supervisor = await open();
    return startRun(supervisor, output, options.wait ?? false, (told) => supervisor.restart(runId, told));
  },
});
