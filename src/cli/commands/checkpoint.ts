import { checkpointsJson } from '../../core/run-json.ts';
import { defineCommand } from '../command.ts';
import { table } from '../table.ts';

export const checkpoint = defineCommand({
  name: 'checkpoint',
  summary: 'keep the work of a run now, without disturbing it; or list what was kept',
  usage: 'RUN [--list]',
  operands: { minimum: 1, maximum: 1, candidates: ['runs'] },
  options: { list: { type: 'boolean', description: 'only list the checkpoints that there are' } },
  async execute({ operands: [runId = ''], options, output, open }) {
    const supervisor = await open();
    if (options.list === true) {
      const kept = await supervisor.checkpoints(runId);
      const rows = kept.map(({ ref, why, at, files }) => [
        ref,
        new Date(at).toISOString(),
        why?.replaceAll('_', ' ') ?? '',
        files === null ? '' : `${files} files changed`,
      ]);
      await output.print(checkpointsJson(runId, null, kept), rows.length === 0 ? 'No checkpoints.' : table(rows));
      return 0;
    }
    const taken = await output.during('keeping its work …', supervisor.checkpoint(runId));
    const kept = await supervisor.checkpoints(runId);
    const words = taken === null ? `the branch of ${runId} holds everything already` : `kept in ${taken}`;
    await output.print(checkpointsJson(runId, taken, kept), words);
    return 0;
  },
});
