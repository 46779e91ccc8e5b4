import { defineCommand } from '../command.ts';
import { interruptedExitCode, withInterruption } from '../interruption.ts';
import { TerminalStream } from '../terminal-text.ts';
import { UsageError } from '../usage-error.ts';
import { bytesOfOutput, bytesUntilOver } from '../../run-output.ts';

export const logs = defineCommand({
  name: 'logs',
  summary: 'print what a run has written',
  usage: 'RUN [--setup | --teardown] [--follow] [--raw]',
  operands: { minimum: 1, maximum: 1, candidates: ['runs'] },
  options: {
    follow: { type: 'boolean', description: 'go on until the run is over' },
    setup: { type: 'boolean', description: 'what its setup command has written' },
    teardown: { type: 'boolean', description: 'what its teardown command has written' },
    raw: { type: 'boolean', description: 'every byte, also on a terminal' },
  },
  notes: [
    'Into a file or a pipe goes every byte. A terminal gets the text and its colours, without what else it would obey, as a',
    'new title or a moved cursor; --raw gives it all.',
  ],
  async execute({ operands: [runId = ''], options, output, open }) {
    if (options.setup === true && options.teardown === true)
      throw new UsageError('--setup and --teardown are two logs', 'logs');
    const log = options.setup === true ? 'setup' : options.teardown === true ? 'teardown' : 'output';
    const supervisor = await open();
    return withInterruption(async (interrupted) => {
      const stopped = AbortSignal.any([interrupted, output.closed]);
      const bytes =
        options.follow === true
          ? bytesUntilOver(supervisor, runId, stopped, log)
          : bytesOfOutput(supervisor, runId, { log });
      const chunks: Uint8Array[] = [];
      const shown = output.isTerminal && options.raw !== true ? new TerminalStream(output.isColoured) : null;
      for await (const chunk of bytes) {
        if (output.json) chunks.push(chunk);
        else await output.write(shown?.take(chunk) ?? chunk);
        if (stopped.aborted) break;
      }
      if (shown !== null && !output.json) await output.write(shown.end());
      if (output.json) await output.print({ run_id: runId, output: Buffer.concat(chunks).toString('utf8') }, '');
      if (!interrupted.aborted) return 0;
      output.tell(options.follow === true ? `stopped following; ${runId} goes on` : 'interrupted');
      return interruptedExitCode;
    });
  },
});
