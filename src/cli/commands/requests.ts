import { describeKill, plainEnglish } from '../../core/messages.ts';
import { type PermissionRequest, requestJson } from '../../core/permission-request.ts';
import { killReportJson } from '../../core/run-json.ts';
import { defineCommand } from '../command.ts';
import { oneLine } from '../output.ts';
import { UsageError } from '../usage-error.ts';

export const requests = defineCommand({
  name: 'requests',
  summary: 'list what runs ask people for, as to kill another run; approve or deny it',
  usage: ['', 'approve ID', 'deny ID'],
  operands: { minimum: 0, maximum: 2, candidates: [['approve', 'deny'], []] },
  options: {},
  notes: [
    'A run that may not kill another, or itself, may ask for it: warden kill RUN --ask --reason TEXT. What is approved is',
    'carried out at once; a run does not answer.',
    '',
    'With --json, {"requests": […]}; an answer prints {"request": …, "report": …}.',
  ],
  async execute({ operands: [answer, id], output, open }) {
    if (answer !== undefined && answer !== 'approve' && answer !== 'deny') {
      throw new UsageError(`"${answer}" is not valid. Expected: approve or deny.`, 'requests');
    }
    if (answer !== undefined && id === undefined)
      throw new UsageError(`Which request? warden requests ${answer} ID`, 'requests');
    const number = numberIn(id ?? '1');
    const supervisor = await open();
    if (answer === undefined) {
      const all = await supervisor.requests();
      await output.print({ requests: all.map(requestJson) }, textOf(all));
      return 0;
    }
    const { request, report } = await output.during('ending it …', supervisor.answerRequest(number, answer));
    const words = report === null ? '' : ` ${oneLine(describeKill(report, plainEnglish))}`;
    await output.print(
      { request: requestJson(request), report: report === null ? null : killReportJson(report) },
      `Request ${request.id} is ${request.state}.${words}`,
    );
    return report === null || report.success ? 0 : 1;
  },
});

function numberIn(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number)) return number;
  throw new UsageError(`"${text}" is not the number of a request.`, 'requests');
}

function textOf(all: readonly PermissionRequest[]): string {
  const open = all.filter(({ state }) => state === 'open');
  if (open.length === 0) return 'Nothing is asked for.';
  return open.map((request) => `${request.id}  ${sentence(request)}`).join('\n');
}

function sentence({ runId, askedBy, force, why }: PermissionRequest): string {
  const what = `${askedBy} asks to kill ${runId === askedBy ? 'itself' : runId}${force ? ' by force' : ''}`;
  return why === null ? what : `${what}: ${oneLine(why)}`;
}
