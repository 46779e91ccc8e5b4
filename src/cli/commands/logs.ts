import { defineCommand } from '../command.ts';
import { interruptedExitCode, withInterruption } from '../interruption.ts';
import { UsageError } from '../usage-error.ts';
import { bytesOfOutput, bytesUntilOver } from '../../run-output.ts';

export const logs = defineCommand({
  name: 'logs',
  summary: 'print what a run has written',
  usage: 'RUN [--setup | --teardown] [--follow]',
  operands: { minimum: 1, maximum: 1, candidates: ['runs'] },
  options: {
    follow: { type: 'boolean', description: 'go on until the run is over' },
    setup: { type: 'boolean', description: 'what its setup command has written' },
    teardown: { type: 'boolean', description: 'what its teardown command has written' },
  },
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
      for await (const chunk of bytes) {
        if (output.json) chunks.push(chunk);
        else await output.write(chunk);
        if (stopped.aborted) break;
      }
      if (output.json) await output.print({ run_id: runId, output: Buffer.concat(chunks).toString('utf8') }, '');
      if (!interrupted.aborted) return 0;
      output.tell(options.follow === true ? `stopped following; ${runId} goes on` : 'interrupted');
      return interruptedExitCode;
    });
  },
});
