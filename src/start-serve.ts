import { spawn } from 'node:child_process';
import { runEnvironment } from './processes/run-environment.ts';

/** How much is kept of what it says: the end of it tells why it has ended. */
const mostWords = 4_096;

export interface StartServeOptions {
  /** The bundle, which is the command `warden` too. */
  readonly entry: string;
  /** 0 is any that is free. */
  readonly port: number;
  /** Where requests that name no repository belong. */
  readonly directory: string;
  readonly onServing: (address: string) => void;
  /** Told once, with what it had to say last. */
  readonly onEnded: (words: string) => void;
  readonly environment?: NodeJS.ProcessEnv;
}

/**
 * Starts `warden serve` as a process of its own, which ends with this one, however this one ends.
 * @returns lets it end
 */
export function startServe(options: StartServeOptions): () => void {
  const { entry, port, directory, onServing, onEnded, environment = process.env } = options;
  // In desktop VS Code the program that we run in is Electron.
  const asNode = process.versions['electron'] === undefined ? {} : { ELECTRON_RUN_AS_NODE: '1' };
  const parameters = [entry, 'serve', '--json', '--until-input-ends', `--port=${port}`];
  const child = spawn(process.execPath, parameters, {
    cwd: directory,
    env: { ...runEnvironment(environment), ...asNode },
    windowsHide: true,
  });
  let document = '';
  let words = '';
  child.stdin.on('error', () => undefined);
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    document += text;
    const address = addressIn(document);
    if (address !== null) onServing(address);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (words = (words + text).slice(-mostWords)));
  // One that could not be started is closed as well.
  child.on('error', (error) => (words += error.message));
  child.once('close', () => onEnded(errorIn(document) ?? words.trim()));
  return () => child.stdin.end();
}

interface Printed {
  readonly address?: string;
  readonly error?: { readonly message: string };
}

const addressIn = (document: string): string | null => printedIn(document).address ?? null;

const errorIn = (document: string): string | null => printedIn(document).error?.message ?? null;

/** Empty while not all of it is there. */
function printedIn(document: string): Printed {
  try {
    return JSON.parse(document) as Printed;
  } catch {
    return {};
  }
}
