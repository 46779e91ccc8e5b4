import * as vscode from 'vscode';
import { parseWorkflowFile } from '../core/workflow-file.ts';

/** Shows the problems of `.vscode/workflows.json` at their lines while it is open. */
export class WorkflowDiagnostics implements vscode.Disposable {
  readonly #problems = vscode.languages.createDiagnosticCollection('warden');
  readonly #subscriptions = [
    vscode.workspace.onDidOpenTextDocument((document) => this.#check(document)),
    vscode.workspace.onDidChangeTextDocument(({ document }) => this.#check(document)),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => this.#problems.delete(uri)),
  ];

  constructor() {
    for (const document of vscode.workspace.textDocuments) this.#check(document);
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#problems.dispose();
  }

  #check(document: vscode.TextDocument): void {
    if (document.uri.scheme !== 'file' || !document.uri.path.endsWith('/.vscode/workflows.json')) return;
    const result = parseWorkflowFile(document.uri.fsPath, document.getText());
    const problems = result.ok ? [] : result.problems;
    this.#problems.set(
      document.uri,
      problems.map(({ line, column, key, problem }) => {
        const position = new vscode.Position(line - 1, column - 1);
        const range =
          document.getWordRangeAtPosition(position, /"(?:[^"\\]|\\.)*"|\S+/) ?? new vscode.Range(position, position);
        const diagnostic = new vscode.Diagnostic(range, key === '' ? problem : `${key}: ${problem}`);
        diagnostic.source = 'Workflow Warden';
        return diagnostic;
      }),
    );
  }
}
