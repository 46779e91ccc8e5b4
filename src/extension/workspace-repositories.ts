import path from 'node:path';
import * as vscode from 'vscode';
import { isWardenError } from '../core/errors.ts';
import type { SupervisorAccess } from './supervisor-access.ts';

/** The repositories of the open folders. */
export class WorkspaceRepositories implements vscode.Disposable {
  readonly #access: SupervisorAccess;
  readonly #onDidChange = new vscode.EventEmitter<void>();
  readonly #subscription: vscode.Disposable;
  #known: readonly string[] = [];

  readonly onDidChange = this.#onDidChange.event;

  constructor(access: SupervisorAccess) {
    this.#access = access;
    this.#subscription = vscode.workspace.onDidChangeWorkspaceFolders(() => this.#onDidChange.fire());
  }

  /** The top folders as they were found last, to be asked without waiting. */
  get known(): readonly string[] {
    return this.#known;
  }

  /** The top folders of the main checkouts; a folder outside a repository has none. @throws WardenError git_not_found */
  async find(): Promise<readonly string[]> {
    const supervisor = await this.#access.get();
    const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
    const found = await Promise.all(
      folders.map(async ({ uri }) => {
        try {
          return await supervisor.repositoryOf(uri.fsPath);
        } catch (error) {
          if (isWardenError(error, 'not_a_repository') || isWardenError(error, 'bare_repository')) return null;
          throw error;
        }
      }),
    );
    this.#known = [...new Set(found.filter((repository) => repository !== null))];
    return this.#known;
  }

  /** The name of a repository that is not the only one open; null where it goes without saying. */
  nameToShow(repository: string): string | null {
    const obvious = this.#known.length === 1 && this.#known[0] === repository;
    return obvious ? null : path.basename(repository);
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#onDidChange.dispose();
  }
}
