import * as vscode from 'vscode';
import { pickRepository } from '../pick-repository.ts';
import type { Warden } from '../warden.ts';

const example = `{
  // Each workflow is a command that runs in a git worktree of its own.
  "workflows": {
    "builder": {
      "description": "Claude Code does what the message says",
      "command": ["claude", "-p", "\${message}"],
      "stuckAfterMinutes": 5
    },
    "hello": {
      "description": "Prints the message",
      "command": ["sh", "-c", "echo \\"$WARDEN_MESSAGE\\"; sleep 60"]
    }
  }
}
`;

/** Opens the repository's workflows.json, with an example in it where there is none. */
export async function createWorkflows(warden: Warden): Promise<void> {
  const repository = await pickRepository(warden);
  if (repository === undefined) return;
  const file = vscode.Uri.joinPath(vscode.Uri.file(repository), '.vscode', 'workflows.json');
  const edit = new vscode.WorkspaceEdit();
  edit.createFile(file, { ignoreIfExists: true, contents: new TextEncoder().encode(example) });
  await vscode.workspace.applyEdit(edit);
  await vscode.window.showTextDocument(file);
  warden.welcome.refresh();
}
