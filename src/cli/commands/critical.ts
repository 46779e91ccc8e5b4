import { WardenError } from '../../core/errors.ts';
import { isRunId } from '../../core/run-id.ts';
import { defineCommand } from '../command.ts';
import { declareSection } from '../declare-section.ts';
import { runInForeground } from '../run-in-foreground.ts';

export const critical = defineCommand({
  name: 'critical',
  summary: 'run a command that a kill of the run waits for, as long as its workflow allows',
  usage: '-- CMD…',
  operands: { minimum: 1, maximum: Infinity, candidates: ['commands', 'files'] },
  options: {},
  notes: ['For example: warden critical -- npm publish'],
  execute({ operands: [program = '', ...parameters], directory, environment }) {
    const argv = [program, ...parameters] as const;
    return runInForeground(argv, directory, () => declareSection(runFolderIn(environment), argv));
  },
});

/** @throws WardenError not_in_a_run */
function runFolderIn(environment: NodeJS.ProcessEnv): string {
  const runId = environment['WARDEN_RUN_ID'] ?? '';
  const folder = environment['WARDEN_RUN_DIR'] ?? '';
  if (!isRunId(runId) || folder === '') throw new WardenError('not_in_a_run', { runDirectory: null, runId: null });
  return folder;
}
