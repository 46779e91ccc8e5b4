import type * as vscode from 'vscode';
import { baseScheme } from './identifiers.ts';
import type { SupervisorAccess } from './supervisor-access.ts';

interface BaseFile {
  readonly repository: string;
  readonly commit: string;
  /** Relative to the repository. */
  readonly path: string;
}

/**
 * A file as it was in a commit, as the address of a read-only document. It has the path of the file as it is now, or the
 * two would be shown as a renaming.
 */
export function baseUri(now: vscode.Uri, { repository, commit, path }: BaseFile): vscode.Uri {
  return now.with({ scheme: baseScheme, query: JSON.stringify({ repository, commit, path }) });
}

/** Gives the content of `warden-base:` documents: a file as it was where a run started. */
export class BaseContent implements vscode.TextDocumentContentProvider {
  readonly #access: SupervisorAccess;

  constructor(access: SupervisorAccess) {
    this.#access = access;
  }

  async provideTextDocumentContent({ query }: vscode.Uri): Promise<string> {
    const { repository, commit, path } = JSON.parse(query) as BaseFile;
    const supervisor = await this.#access.get();
    const bytes = await supervisor.fileAt(repository, commit, path);
    return bytes === null ? '' : new TextDecoder().decode(bytes);
  }
}
