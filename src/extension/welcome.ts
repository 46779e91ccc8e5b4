import * as vscode from 'vscode';
import { isWardenError } from '../core/errors.ts';
import type { Diagnostics } from '../core/ports/diagnostics.ts';
import { contextKeys, type State } from './identifiers.ts';
import type { SupervisorAccess } from './supervisor-access.ts';
import type { WorkspaceRepositories } from './workspace-repositories.ts';

/** Finds out what the empty tree of runs has to say, and tells VS Code by a context key. */
export class Welcome implements vscode.Disposable {
  readonly #access: SupervisorAccess;
  readonly #repositories: WorkspaceRepositories;
  readonly #diagnostics: Diagnostics;
  readonly #subscriptions: vscode.Disposable[];
  #state: State | null = null;

  constructor(access: SupervisorAccess, repositories: WorkspaceRepositories, diagnostics: Diagnostics) {
    this.#access = access;
    this.#repositories = repositories;
    this.#diagnostics = diagnostics;
    const definitions = vscode.workspace.createFileSystemWatcher('**/.vscode/workflows.json');
    const look = (): void => this.refresh();
    this.#subscriptions = [
      definitions,
      definitions.onDidCreate(look),
      definitions.onDidChange(look),
      definitions.onDidDelete(look),
      repositories.onDidChange(look),
      access.onDidOpen(look),
    ];
  }

  /** Looks again. */
  refresh(): void {
    this.#look().catch((error: unknown) => this.#diagnostics.failed('looking for workflows', error));
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  async #look(): Promise<void> {
    const state = await this.#find();
    if (state === this.#state) return;
    this.#state = state;
    await vscode.commands.executeCommand('setContext', contextKeys.state, state);
  }

  async #find(): Promise<State> {
    const { workspaceFolders } = vscode.workspace;
    try {
      const supervisor = await this.#access.get();
      if (workspaceFolders === undefined || workspaceFolders.length === 0) return 'noFolder';
      const repositories = await this.#repositories.find();
      if (repositories.length === 0) return 'noRepository';
      const states = await Promise.all(repositories.map((repository) => stateOf(supervisor.workflows(repository))));
      return states.includes('ready') ? 'ready' : (states[0] ?? 'noWorkflows');
    } catch (error) {
      this.#diagnostics.failed('looking for workflows', error);
      return 'failed';
    }
  }
}

async function stateOf(workflows: Promise<unknown>): Promise<State> {
  try {
    await workflows;
    return 'ready';
  } catch (error) {
    if (isWardenError(error, 'no_workflows')) return 'noWorkflows';
    if (isWardenError(error, 'invalid_workflows')) return 'invalidWorkflows';
    throw error;
  }
}
