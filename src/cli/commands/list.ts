import { describeAlert } from '../../core/alert-words.ts';
import { plainEnglish } from '../../core/messages.ts';
import { alertJson, runJson } from '../../core/run-json.ts';
import { isToGoOn } from '../../core/retry.ts';
import { isRunStatus, type RunStatus, runStatuses } from '../../core/run-status.ts';
import { describeWatcher, watcherJson } from '../../core/watcher.ts';
import { wholeNumber } from '../amount.ts';
import { defineCommand } from '../command.ts';
import { oneLine } from '../output.ts';
import { repositoryHere } from '../repository-here.ts';
import { runTable } from '../run-text.ts';
import { parseTime, timeNote } from '../time.ts';
import { UsageError } from '../usage-error.ts';

export const list = defineCommand({
  name: 'list',
  summary: 'list the runs of this repository, newest first; outside of one, of the machine',
  usage: '[--status A,B] [--workflow NAME] [--since TIME] [--until TIME] [--limit N] [--cursor C] [--all]',
  operands: { minimum: 0, maximum: 0 },
  options: {
    status: {
      type: 'string',
      value: 'A,B',
      candidates: runStatuses,
      isList: true,
      description: `only these: ${runStatuses.join(', ')}`,
    },
    workflow: { type: 'string', value: 'NAME', candidates: 'workflows', description: 'only runs of this workflow' },
    since: { type: 'string', value: 'TIME', description: 'created then or later' },
    until: { type: 'string', value: 'TIME', description: 'created before then' },
    limit: { type: 'string', value: 'N', description: 'at most so many; 100 when absent' },
    cursor: { type: 'string', value: 'C', description: 'go on where an earlier list ended: its next_cursor' },
    all: { type: 'boolean', description: 'of every repository' },
  },
  notes: [timeNote],
  async execute(invocation) {
    const { options, output } = invocation;
    const now = Date.now();
    const filter = {
      ...(options.status === undefined ? {} : { statuses: statusesIn(options.status) }),
      ...(options.workflow === undefined ? {} : { workflowName: options.workflow }),
      ...(options.since === undefined ? {} : { createdSince: parseTime('since', options.since, now) }),
      ...(options.until === undefined ? {} : { createdUntil: parseTime('until', options.until, now) }),
      ...(options.limit === undefined ? {} : { limit: wholeNumber('limit', options.limit) }),
      ...(options.cursor === undefined ? {} : { cursor: options.cursor }),
    };
    const supervisor = await invocation.open();
    const repository = options.all === true ? null : await repositoryHere(supervisor, invocation);
    const [{ runs, nextCursor }, alerts, watcher] = await Promise.all([
      supervisor.list(repository === null ? filter : { ...filter, repository }),
      supervisor.alerts(),
      supervisor.watcher(),
    ]);
    const isUnwatched = watcher === null && runs.some(({ run, retry }) => isToGoOn(run.status, retry));
    const notes = [
      ...(nextCursor === null ? [] : [`More with --cursor ${nextCursor}`]),
      ...(isUnwatched ? [output.paint('yellow', `Watched by ${describeWatcher(null, plainEnglish)}.`)] : []),
    ];
    await output.print(
      {
        runs: runs.map((report) => runJson(report.run, report)),
        next_cursor: nextCursor,
        watcher: watcherJson(watcher),
        alerts: alerts.map((alert) => alertJson(alert)),
      },
      runs.length === 0 ? 'No runs.' : [runTable(runs, Date.now(), output), ...notes].join('\n'),
    );
    if (!output.json) {
      for (const alert of alerts) output.tell(`${alert.level}: ${oneLine(describeAlert(alert, plainEnglish))}`);
    }
    return 0;
  },
});

function statusesIn(text: string): readonly RunStatus[] {
  return text.split(',').map((part) => {
    const status = part.trim();
    if (isRunStatus(status)) return status;
    throw new UsageError(`"${status}" is not valid for --status. Expected: ${runStatuses.join(', ')}.`, 'list');
  });
}
