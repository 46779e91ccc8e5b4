import * as vscode from 'vscode';
import type { Workflow } from '../../core/workflow.ts';
import { launchContext, requireTrust } from '../launch-context.ts';
import { withLaunchProgress } from '../launch-progress.ts';
import { pickRepository } from '../pick-repository.ts';
import type { Warden } from '../warden.ts';

/** What a keybinding or another extension may decide beforehand. */
interface StartArguments {
  readonly workflow?: string;
  readonly message?: string;
  readonly repository?: string;
}

/** Starts a workflow and shows its run. @returns the run's id; undefined when it was cancelled */
export async function startRun(warden: Warden, argument: unknown): Promise<string | undefined> {
  requireTrust();
  const asked = argumentsIn(argument);
  const supervisor = await warden.access.get();
  const directory = asked.repository ?? (await pickRepository(warden));
  if (directory === undefined) return undefined;
  const workflowName = asked.workflow ?? (await pickWorkflow(await supervisor.workflows(directory)));
  if (workflowName === undefined) return undefined;
  const message = asked.message ?? (await askForMessage(workflowName));
  if (message === undefined) return undefined;
  const run = await withLaunchProgress(supervisor, vscode.l10n.t('Starting {0}', workflowName), (onProgress) =>
    supervisor.run({ ...launchContext(), workflowName, directory, message, onProgress }),
  );
  if (run === undefined) return undefined;
  await warden.runsTree.reveal(run.runId);
  return run.runId;
}

/** From a menu a command gets things of VS Code's own, which are none of ours. */
function argumentsIn(argument: unknown): StartArguments {
  if (typeof argument !== 'object' || argument === null) return {};
  const text = (name: keyof StartArguments): StartArguments => {
    const value: unknown = Reflect.get(argument, name);
    return typeof value === 'string' ? { [name]: value } : {};
  };
  return { ...text('workflow'), ...text('message'), ...text('repository') };
}

async function pickWorkflow(workflows: ReadonlyMap<string, Workflow>): Promise<string | undefined> {
  const items = [...workflows.values()].map(({ name, description, command }) => ({
    label: name,
    detail: description ?? command.join(' '),
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Start Run'),
    placeHolder: vscode.l10n.t('Pick a workflow'),
    matchOnDetail: true,
  });
  return picked?.label;
}

async function askForMessage(workflowName: string): Promise<string | undefined> {
  return vscode.window.showInputBox({
    title: vscode.l10n.t('Start {0}', workflowName),
    prompt: vscode.l10n.t('What should it do? It may be empty.'),
    placeHolder: vscode.l10n.t('Message for the workflow'),
    ignoreFocusOut: true,
  });
}
