import { text } from 'node:stream/consumers';
import { isRunId } from '../../core/run-id.ts';
import { defineCommand } from '../command.ts';
import { startRun } from '../start-run.ts';

export const run = defineCommand({
  name: 'run',
  summary: 'start a workflow in a worktree of its own',
  usage: 'NAME [--message TEXT] [--base REF] [--after RUN]… [--persistent] [--wait]',
  operands: { minimum: 1, maximum: 1, candidates: ['workflows'] },
  options: {
    message: { type: 'string', value: 'TEXT', description: 'what the workflow is told; - reads standard input' },
    base: { type: 'string', value: 'REF', description: 'commit, branch or tag to start from; HEAD when absent' },
    after: {
      type: 'string',
      multiple: true,
      value: 'RUN',
      candidates: 'runs',
      description: 'start when that run has completed; may be given more than once',
    },
    persistent: { type: 'boolean', description: 'no cleanup removes its worktree' },
    wait: { type: 'boolean', description: 'answer when it is over, with exit code 0 only if it completed' },
  },
  async execute({ operands: [workflowName = ''], options, directory, environment, output, open }) {
    const message = options.message === '-' ? await standardInput() : (options.message ?? '');
    const parentRunId = environment['WARDEN_RUN_ID'] ?? '';
    const supervisor = await open();
    return startRun(supervisor, output, options.wait ?? false, (told) =>
      supervisor.run({
        workflowName,
        directory,
        message,
        ...told,
        ...(options.base === undefined ? {} : { base: options.base }),
        ...(options.after === undefined ? {} : { after: options.after }),
        ...(options.persistent === undefined ? {} : { persistent: options.persistent }),
        ...(isRunId(parentRunId) ? { parentRunId } : {}),
      }),
    );
  },
});

/** Without the line end that every shell and editor puts last. */
async function standardInput(): Promise<string> {
  return (await text(process.stdin)).replace(/\r?\n$/, '');
}
