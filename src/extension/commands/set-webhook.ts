import * as vscode from 'vscode';
import { isWardenError } from '../../core/errors.ts';
import { describeError } from '../../core/messages.ts';
import { type ShownWebhook, webhookFor } from '../../core/webhook.ts';
import type { SupervisorInThread } from '../../thread/supervisor-in-thread.ts';
import { localized } from '../localized.ts';
import type { Warden } from '../warden.ts';

/** Sets where notices of runs go; where that is set already, offers to try it out, replace or remove it. */
export async function setWebhook(warden: Warden): Promise<void> {
  const supervisor = await warden.access.get();
  const present = await presentOf(supervisor);
  if (present === null) return replace(supervisor, null);
  const actions = [
    { label: vscode.l10n.t('Send a Test'), act: () => test(supervisor) },
    { label: vscode.l10n.t('Replace…'), act: () => replace(supervisor, present) },
    { label: vscode.l10n.t('Remove'), act: () => remove(supervisor) },
  ];
  const placeHolder = vscode.l10n.t('Notices of runs go to {0}.', present.host);
  await (await vscode.window.showQuickPick(actions, { placeHolder }))?.act();
}

/** One that cannot be used is as good as none: it is replaced. */
async function presentOf(supervisor: SupervisorInThread): Promise<ShownWebhook | null> {
  try {
    return (await supervisor.webhook()).webhook;
  } catch (error) {
    if (isWardenError(error, 'invalid_webhook')) return null;
    throw error;
  }
}

/** Which kinds are told stays as it was. */
async function replace(supervisor: SupervisorInThread, present: ShownWebhook | null): Promise<void> {
  const url = await vscode.window.showInputBox({
    title: vscode.l10n.t('Webhook'),
    prompt: vscode.l10n.t('Its URL is kept secret. Stuck, killed and failed runs are told to it.'),
    password: true,
    ignoreFocusOut: true,
    validateInput: problemOf,
  });
  if (url === undefined) return;
  await supervisor.setWebhook({ url: url.trim(), ...(present !== null && { on: present.on }) });
  await test(supervisor);
}

function problemOf(url: string): string | undefined {
  try {
    webhookFor({ url: url.trim() });
    return undefined;
  } catch (error) {
    if (isWardenError(error)) return describeError(error, localized);
    throw error;
  }
}

async function test(supervisor: SupervisorInThread): Promise<void> {
  const { host } = await supervisor.testWebhook();
  void vscode.window.showInformationMessage(vscode.l10n.t('{0} has taken the test.', host));
}

async function remove(supervisor: SupervisorInThread): Promise<void> {
  await supervisor.removeWebhook();
  void vscode.window.showInformationMessage(vscode.l10n.t('The webhook was removed.'));
}
