import { homedir } from 'node:os';
import * as vscode from 'vscode';
import { startServe } from '../start-serve.ts';
import { settings } from './identifiers.ts';

/** Where another window serves at the port already, this one takes over some time after that is closed. */
const againMilliseconds = 60_000;

const highestPort = 65_535;

/** Serves requests over HTTP while this window is open, where the settings name a port. Where it serves is in the log. */
export class HttpServing implements vscode.Disposable {
  readonly #entry: string;
  readonly #log: vscode.LogOutputChannel;
  readonly #subscriptions: readonly vscode.Disposable[];
  #port: number | null = null;
  #end: (() => void) | null = null;
  #again: NodeJS.Timeout | null = null;

  constructor(entry: string, log: vscode.LogOutputChannel) {
    this.#entry = entry;
    this.#log = log;
    this.#subscriptions = [
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration(settings.serverPort)) this.#follow();
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.#follow()),
    ];
    this.#follow();
  }

  #follow(): void {
    const port = portWanted();
    if (port === this.#port) return;
    this.#stop();
    this.#port = port;
    if (port !== null) this.#start(port);
  }

  #start(port: number): void {
    const end = startServe({
      entry: this.#entry,
      port,
      directory: vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file')?.uri.fsPath ?? homedir(),
      onServing: (address) => this.#log.info(vscode.l10n.t('Serving HTTP requests at {0}', address)),
      onEnded: (words) => {
        if (this.#end !== end) return;
        this.#end = null;
        this.#log.warn(vscode.l10n.t('HTTP requests are not served, and tried again in a minute: {0}', words));
        this.#again = setTimeout(() => this.#start(port), againMilliseconds);
      },
    });
    this.#end = end;
  }

  #stop(): void {
    const end = this.#end;
    this.#end = null;
    end?.();
    if (this.#again !== null) clearTimeout(this.#again);
    this.#again = null;
  }

  dispose(): void {
    this.#stop();
    for (const subscription of this.#subscriptions) subscription.dispose();
  }
}

/** Null for none: also where the folder is not trusted, and where the settings hold no port. */
function portWanted(): number | null {
  if (!vscode.workspace.isTrusted) return null;
  const port: unknown = vscode.workspace.getConfiguration().get(settings.serverPort);
  return typeof port === 'number' && Number.isInteger(port) && port >= 0 && port <= highestPort ? port : null;
}
