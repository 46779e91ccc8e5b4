import { isNoticeKind, type NoticeKind, noticeKinds } from '../../core/notice.ts';
import { isWebhookFormat, type ShownWebhook, type WebhookFormat, webhookFormats } from '../../core/webhook.ts';
import type { Supervisor } from '../../supervisor/supervisor.ts';
import { defineCommand, type Invocation } from '../command.ts';
import { interruptedExitCode } from '../interruption.ts';
import { readSecret } from '../read-secret.ts';
import { UsageError } from '../usage-error.ts';

const options = {
  format: {
    type: 'string',
    value: 'FORMAT',
    candidates: webhookFormats,
    description: 'slack or plain; as the host suggests when absent',
  },
  on: {
    type: 'string',
    value: 'KINDS',
    candidates: noticeKinds,
    isList: true,
    description: `some of ${noticeKinds.join(',')}, with commas; all when absent`,
  },
} as const;

type Action = (supervisor: Supervisor, invocation: Invocation<typeof options>) => Promise<number>;

const actions: ReadonlyMap<string, Action> = new Map<string, Action>([
  ['show', show],
  ['set', set],
  ['test', test],
  ['remove', remove],
]);

export const webhook = defineCommand({
  name: 'webhook',
  summary: 'tell a webhook of stuck, killed and failed runs; its URL is read from standard input',
  usage: ['show', 'set [--format FORMAT] [--on KINDS]', 'test', 'remove'],
  operands: { minimum: 1, maximum: 1, candidates: [[...actions.keys()]] },
  options,
  async execute(invocation) {
    const [name = ''] = invocation.operands;
    const action = actions.get(name);
    if (action === undefined) {
      throw new UsageError(`"${name}" is not valid. Expected: ${[...actions.keys()].join(', ')}.`, 'webhook');
    }
    if (name !== 'set' && Object.keys(invocation.options).length > 0) {
      throw new UsageError('--format and --on belong to "warden webhook set".', 'webhook');
    }
    return action(await invocation.open(), invocation);
  },
});

async function show(supervisor: Supervisor, { output }: Invocation): Promise<number> {
  const { webhook, pending } = await supervisor.webhook();
  const text = webhook === null ? 'No webhook is set.' : `${sentence(webhook)} ${pending} not delivered yet.`;
  await output.print({ webhook, pending }, text);
  return 0;
}

async function set(supervisor: Supervisor, { output, options: given }: Invocation<typeof options>): Promise<number> {
  const format = given.format === undefined ? {} : { format: formatIn(given.format) };
  const on = given.on === undefined ? {} : { on: kindsIn(given.on) };
  const url = await readSecret('URL of the webhook (not shown): ');
  if (url === null) return interruptedExitCode;
  const webhook = await supervisor.setWebhook({ url, ...format, ...on });
  await output.print({ webhook }, sentence(webhook));
  return 0;
}

async function test(supervisor: Supervisor, { output }: Invocation): Promise<number> {
  const webhook = await output.during('sending …', supervisor.testWebhook());
  await output.print({ delivered: true, webhook }, `${webhook.host} has taken the test.`);
  return 0;
}

async function remove(supervisor: Supervisor, { output }: Invocation): Promise<number> {
  const removed = await supervisor.removeWebhook();
  await output.print({ removed }, removed ? 'The webhook was removed.' : 'No webhook was set.');
  return 0;
}

function sentence({ host, format, on }: ShownWebhook): string {
  return `Notices (${on.join(', ')}) go to ${host}, as ${format}.`;
}

function formatIn(text: string): WebhookFormat {
  if (isWebhookFormat(text)) return text;
  throw new UsageError(`"${text}" is not valid for --format. Expected: ${webhookFormats.join(' or ')}.`, 'webhook');
}

function kindsIn(text: string): readonly NoticeKind[] {
  const kinds = text.split(',').map((kind) => kind.trim().replaceAll('-', '_'));
  if (kinds.every(isNoticeKind)) return [...new Set(kinds)];
  throw new UsageError(`"${text}" is not valid for --on. Expected: some of ${noticeKinds.join(',')}.`, 'webhook');
}
