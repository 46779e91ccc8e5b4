import path from 'node:path';
import * as vscode from 'vscode';
import { isWardenError, type WardenError } from '../core/errors.ts';
import { describeError } from '../core/messages.ts';
import type { Diagnostics } from '../core/ports/diagnostics.ts';
import { localized } from './localized.ts';
import type { SupervisorAccess } from './supervisor-access.ts';

/** The repositories of the open folders. */
export class WorkspaceRepositories implements vscode.Disposable {
  readonly #access: SupervisorAccess;
  readonly #diagnostics: Diagnostics;
  readonly #onDidChange = new vscode.EventEmitter<void>();
  readonly #subscription: vscode.Disposable;
  #known: readonly string[] = [];
  #told = '';

  readonly onDidChange = this.#onDidChange.event;

  constructor(access: SupervisorAccess, diagnostics: Diagnostics) {
    this.#access = access;
    this.#diagnostics = diagnostics;
    this.#subscription = vscode.workspace.onDidChangeWorkspaceFolders(() => this.#onDidChange.fire());
  }

  /** The top folders as they were found last, to be asked without waiting. */
  get known(): readonly string[] {
    return this.#known;
  }

  /**
   * The top folders of the main checkouts; a folder outside a repository has none. One that git refuses does not keep the
   * others from being worked with: why it does is logged.
   * @throws WardenError git_not_found, and why git refuses where no folder is left
   */
  async find(): Promise<readonly string[]> {
    const supervisor = await this.#access.get();
    const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
    const refusals: WardenError[] = [];
    const found = await Promise.all(
      folders.map(async ({ uri }) => {
        try {
          return await supervisor.repositoryOf(uri.fsPath);
        } catch (error) {
          if (!isWardenError(error) || error.code === 'git_not_found') throw error;
          if (!isOutside(error)) refusals.push(error);
          return null;
        }
      }),
    );
    const [first] = refusals;
    const repositories = [...new Set(found.filter((repository) => repository !== null))];
    if (repositories.length === 0 && first !== undefined) throw first;
    this.#known = repositories;
    this.#tell(refusals);
    return repositories;
  }

  /** Once for as long as it is so: it is looked for again and again. */
  #tell(refusals: readonly WardenError[]): void {
    const words = refusals.map((refusal) => describeError(refusal, localized)).join('\n');
    if (words !== this.#told) {
      for (const refusal of refusals) this.#diagnostics.failed('looking for repositories', refusal);
    }
    this.#told = words;
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

function isOutside(error: WardenError): boolean {
  return error.code === 'not_a_repository' || error.code === 'bare_repository';
}
