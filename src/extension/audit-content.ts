import * as vscode from 'vscode';
import type { Run } from '../core/run.ts';
import { auditText } from './audit-text.ts';
import { auditScheme } from './identifiers.ts';
import { localized } from './localized.ts';
import type { SupervisorAccess } from './supervisor-access.ts';

/** More than any run has; the last ones are shown. */
const mostEntries = 10_000;

/** The audit of a run, as the address of a read-only document. @param opened tells it from what was shown of it before */
export function auditUri({ runId, workflowName }: Pick<Run, 'runId' | 'workflowName'>, opened: number): vscode.Uri {
  const path = `/${vscode.l10n.t('Audit of {0}', workflowName)}`;
  return vscode.Uri.from({ scheme: auditScheme, path, query: JSON.stringify({ runId, opened }) });
}

/** Gives the content of `warden-audit:` documents: who did what with a run, and how it went. */
export class AuditContent implements vscode.TextDocumentContentProvider {
  readonly #access: SupervisorAccess;

  constructor(access: SupervisorAccess) {
    this.#access = access;
  }

  async provideTextDocumentContent({ query }: vscode.Uri): Promise<string> {
    const { runId } = JSON.parse(query) as Pick<Run, 'runId'>;
    const supervisor = await this.#access.get();
    return auditText(await supervisor.audit({ runId, limit: mostEntries }), localized);
  }
}
