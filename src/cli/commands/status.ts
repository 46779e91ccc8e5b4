import { runJson } from '../../core/run-json.ts';
import { watcherJson } from '../../core/watcher.ts';
import { defineCommand } from '../command.ts';
import { runDetails } from '../run-text.ts';

export const status = defineCommand({
  name: 'status',
  summary: 'tell all that is known of a run',
  usage: 'RUN',
  operands: { minimum: 1, maximum: 1, candidates: ['runs'] },
  options: {},
  async execute({ operands: [runId = ''], output, open }) {
    const supervisor = await open();
    const report = await supervisor.status(runId);
    const watcher = await supervisor.watcher();
    await output.print(
      { ...runJson(report.run, report), watcher: watcherJson(watcher) },
      runDetails(report, await supervisor.attemptsOf(runId), watcher, Date.now(), output),
    );
    return 0;
  },
});
