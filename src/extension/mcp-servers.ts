import * as vscode from 'vscode';
import { mcpServers, settings } from './identifiers.ts';

export interface McpServersOptions {
  /** The extension's bundle, which is the command `warden` too. */
  readonly entry: string;
  readonly version: string;
}

/** Offers the verbs to the agents of VS Code as an MCP server, which it starts when one of them asks for its tools. */
export class McpServers implements vscode.McpServerDefinitionProvider<vscode.McpStdioServerDefinition> {
  readonly #options: McpServersOptions;
  readonly #onDidChange = new vscode.EventEmitter<void>();
  readonly onDidChangeMcpServerDefinitions = this.#onDidChange.event;
  readonly #subscriptions: readonly vscode.Disposable[];

  constructor(options: McpServersOptions) {
    this.#options = options;
    const changed = (): void => this.#onDidChange.fire();
    this.#subscriptions = [
      vscode.workspace.onDidGrantWorkspaceTrust(changed),
      vscode.workspace.onDidChangeWorkspaceFolders(changed),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(settings.mcpEnabled)) changed();
      }),
      // Forks of VS Code may not have it.
      ...(isOffered() ? [vscode.lm.registerMcpServerDefinitionProvider(mcpServers, this)] : []),
    ];
  }

  /** None in a workspace that is not trusted: its workflows are not to be started. */
  provideMcpServerDefinitions(): vscode.McpStdioServerDefinition[] {
    const folder = vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file');
    const isWanted: unknown = vscode.workspace.getConfiguration().get(settings.mcpEnabled);
    if (folder === undefined || isWanted === false || !vscode.workspace.isTrusted) return [];
    const { entry, version } = this.#options;
    const stateFolder = process.env['WARDEN_STATE_DIR'];
    const server = new vscode.McpStdioServerDefinition(
      'Workflow Warden',
      process.execPath,
      [entry, 'mcp', '--repo', folder.uri.fsPath],
      // In desktop VS Code the program that we run in is Electron.
      { ELECTRON_RUN_AS_NODE: '1', ...(stateFolder === undefined ? {} : { WARDEN_STATE_DIR: stateFolder }) },
      version,
    );
    server.cwd = folder.uri;
    return [server];
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#onDidChange.dispose();
  }
}

function isOffered(): boolean {
  const { lm, McpStdioServerDefinition } = vscode as Partial<typeof vscode>;
  return typeof lm?.registerMcpServerDefinitionProvider === 'function' && McpStdioServerDefinition !== undefined;
}
