import * as vscode from 'vscode';
import {
  type ErrorCode,
  type ErrorFacts,
  isWardenError,
  type WardenError,
  type WorkflowFileProblem,
} from '../core/errors.ts';
import { describeError } from '../core/messages.ts';
import type { Diagnostics } from '../core/ports/diagnostics.ts';
import { commands } from './identifiers.ts';
import { localized } from './localized.ts';
import { notificationText } from './notification-text.ts';

interface Action extends vscode.MessageItem {
  readonly act: () => Thenable<unknown> | void;
}

/** Tells of what went wrong: one message, with something to do about it, and the detail in the log. */
export class Failures implements Diagnostics {
  readonly #log: vscode.LogOutputChannel;

  constructor(log: vscode.LogOutputChannel) {
    this.#log = log;
  }

  /** Only logs: for what goes on in the background and is tried again. */
  failed(during: string, error: unknown): void {
    this.#log.error(`${during}: ${isWardenError(error) ? describeError(error, localized) : String(error)}`, error);
  }

  /** Logs and shows. That somebody cancelled is no failure. */
  report(during: string, error: unknown): void {
    if (error instanceof vscode.CancellationError || (error instanceof Error && error.name === 'AbortError')) return;
    this.failed(during, error);
    this.#show(during, error).catch((failure: unknown) => this.failed(during, failure));
  }

  async #show(during: string, error: unknown): Promise<void> {
    const showLog: Action = { title: vscode.l10n.t('Show Log'), act: () => this.#log.show() };
    const chosen = isWardenError(error)
      ? await vscode.window.showErrorMessage(notificationText(messageOf(error)), actionFor(error) ?? showLog)
      : await vscode.window.showErrorMessage(
          vscode.l10n.t('{0}: something unexpected went wrong. The log has the detail.', during),
          showLog,
        );
    await chosen?.act();
  }
}

/** A notification is one line: of several problems it shows the first, the others are in the file. */
function messageOf(error: WardenError): string {
  if (!isWardenError<'invalid_workflows'>(error, 'invalid_workflows')) return describeError(error, localized);
  const { problems } = error.facts;
  const [first] = describeError(error, localized).split('\n');
  if (problems.length < 2) return first ?? '';
  return vscode.l10n.t('{0} (and {1} more)', first ?? '', problems.length - 1);
}

type Actions = { readonly [Code in ErrorCode]?: (facts: ErrorFacts[Code]) => Action | null };

const actions: Actions = {
  invalid_workflows: ({ problems: [problem] }) =>
    problem === undefined ? null : { title: vscode.l10n.t('Open workflows.json'), act: () => openAt(problem) },
  no_workflows: () => ({
    title: vscode.l10n.t('Create workflows.json'),
    act: () => vscode.commands.executeCommand(commands.createWorkflows),
  }),
  untrusted_workspace: () => ({
    title: vscode.l10n.t('Manage Trust'),
    act: () => vscode.commands.executeCommand('workbench.trust.manage'),
  }),
};

function actionFor<Code extends ErrorCode>(error: WardenError<Code>): Action | null {
  return actions[error.code]?.(error.facts) ?? null;
}

async function openAt({ file, line, column }: WorkflowFileProblem): Promise<void> {
  const position = new vscode.Position(line - 1, column - 1);
  await vscode.window.showTextDocument(vscode.Uri.file(file), { selection: new vscode.Range(position, position) });
}
