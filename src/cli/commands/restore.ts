import { restoreJson } from '../../core/run-json.ts';
import type { Restored } from '../../supervisor/restore.ts';
import { wholeNumber } from '../amount.ts';
import { defineCommand } from '../command.ts';
import { oneLine } from '../output.ts';

/** Of the files that differ the text names so many; the JSON document has all. */
const mostNamed = 20;

export const restore = defineCommand({
  name: 'restore',
  summary: 'bring what a checkpoint keeps back into a new worktree',
  usage: 'RUN [--checkpoint N]',
  operands: { minimum: 1, maximum: 1, candidates: ['runs'] },
  options: {
    checkpoint: { type: 'string', value: 'N', description: 'number of the checkpoint; the last one when absent' },
  },
  notes: ['"warden checkpoint RUN --list" lists the checkpoints of a run. Nothing that is there is written over.'],
  async execute({ operands: [runId = ''], options, output, open }) {
    const number =
      options.checkpoint === undefined ? {} : { checkpoint: wholeNumber('checkpoint', options.checkpoint) };
    const supervisor = await open();
    const restored = await output.during('bringing it back …', supervisor.restore(runId, number));
    await output.print(restoreJson(restored.run.runId, restored), describe(restored));
    return 0;
  },
});

function describe({ run, path, branch, checkpoint, changes }: Restored): string {
  const lines = [`${checkpoint.ref} is back in ${path}, on the branch ${branch}`];
  if (checkpoint.operation !== null) lines.push(`a ${checkpoint.operation} was under way then, and is not any more`);
  if (changes === null) lines.push(`the branch of ${run.runId} has gone`);
  else if (changes.length === 0) lines.push(`it holds what the branch of ${run.runId} holds now`);
  else {
    lines.push(`against the branch of ${run.runId} as it is now:`);
    lines.push(...changes.slice(0, mostNamed).map(({ path: file, change }) => `  ${change} ${oneLine(file)}`));
    if (changes.length > mostNamed) lines.push(`  and ${changes.length - mostNamed} more`);
  }
  return lines.join('\n');
}
