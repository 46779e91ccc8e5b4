import * as vscode from 'vscode';
import { baseScheme } from './identifiers.ts';
import type { SupervisorAccess } from './supervisor-access.ts';

/** A file as it was in a commit, as the address of a read-only document. */
export function baseUri(repository: string, commit: string, path: string): vscode.Uri {
  const query = JSON.stringify({ repository, commit, path });
  return vscode.Uri.from({ scheme: baseScheme, path: `/${path}`, query });
}

/** Gives the content of `warden-base:` documents: a file as it was where a run started. */
export class BaseContent implements vscode.TextDocumentContentProvider {
  readonly #access: SupervisorAccess;

  constructor(access: SupervisorAccess) {
    this.#access = access;
  }

  async provideTextDocumentContent({ query }: vscode.Uri): Promise<string> {
    const { repository, commit, path } = JSON.parse(query) as { repository: string; commit: string; path: string };
    const supervisor = await this.#access.get();
    const bytes = await supervisor.fileAt(repository, commit, path);
    return bytes === null ? '' : new TextDecoder().decode(bytes);
  }
}
