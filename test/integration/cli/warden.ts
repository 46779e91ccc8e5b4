import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import type { RunJson } from '../../../src/core/run-json.ts';
import { processesOf } from '../../support/run-processes.ts';
import { type TemporaryRepository, temporaryRepository } from '../../support/temporary-repository.ts';

/** What ships; built anew before these tests. */
export const entry = path.join(import.meta.dirname, '../../../dist/bundle/warden.cjs');

export interface Outcome {
  readonly exitCode: number | null;
  readonly output: string;
  readonly errors: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Outcome>;
}

interface Place {
  readonly directory?: string;
  readonly environment?: NodeJS.ProcessEnv;
  readonly input?: string;
}

/** The command line as a process, on a repository and a state folder of its own. */
export interface Warden extends AsyncDisposable {
  readonly repository: TemporaryRepository;
  start(parameters: readonly string[], place?: Place): Started;
  run(...parameters: string[]): Promise<Outcome>;
  /** With `--json`: what it printed, which must be one document and nothing else. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the test says what it expects
  json<Result = unknown>(...parameters: string[]): Promise<{ exitCode: number | null; document: Result }>;
  /** Starts a run and waits until it is over. */
  finished(workflowName: string): Promise<RunJson>;
}

/** Leaving its scope kills every run through the command line and checks that none is left. */
export async function warden(): Promise<Warden> {
  return wardenIn(await temporaryRepository());
}

/** The same in a repository that is there; leaving its scope removes it too. */
export function wardenIn(repository: TemporaryRepository): Warden {
  const start = (parameters: readonly string[], place: Place = {}): Started => {
    const child = spawn(process.execPath, [entry, ...parameters], {
      cwd: place.directory ?? repository.path,
      env: { ...ownEnvironment(), WARDEN_STATE_DIR: repository.stateFolder, ...place.environment },
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(place.input ?? '');
    return { child, ended: outcomeOf(child) };
  };
  const run = (...parameters: string[]): Promise<Outcome> => start(parameters).ended;
  const json: Warden['json'] = async (...parameters) => {
    const { exitCode, output } = await run(...parameters, '--json');
    return { exitCode, document: JSON.parse(output) };
  };
  return {
    repository,
    start,
    run,
    json,
    finished: async (workflowName) => (await json<RunJson>('run', workflowName, '--wait')).document,
    [Symbol.asyncDispose]: async () => {
      if (!existsSync(repository.stateFolder)) return repository[Symbol.asyncDispose]();
      const active = await listed('--status', 'pending,running,terminating');
      await Promise.all(active.map(({ run_id }) => run('kill', run_id, '--force')));
      const left = (await listed()).flatMap(({ run_id }) => processesOf(run_id));
      await repository[Symbol.asyncDispose]();
      if (left.length > 0) throw new Error(`processes of the test are left: ${left.join(', ')}`);
    },
  };

  async function listed(...filter: string[]): Promise<readonly RunJson[]> {
    const { document } = await json<{ runs?: RunJson[] }>('list', '--all', '--limit', '1000', ...filter);
    return document.runs ?? [];
  }
}

/** For a command that may start `warden watch`; it ends by itself once no run is left. */
export const mayStartWatch: NodeJS.ProcessEnv = { WARDEN_NO_WATCH: '' };

/** The test itself may run in a run, or with colours asked for. Who watches is started by the tests that are about that. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const { WARDEN_RUN_ID: _run, npm_lifecycle_event: _event, ...others } = process.env;
  const { NO_COLOR: _no, FORCE_COLOR: _force, CLICOLOR: _usual, ...environment } = others;
  return { ...environment, WARDEN_NO_WATCH: '1' };
}

async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  const [exitCode, output, errors] = await Promise.all([
    new Promise<number | null>((resolve) => child.once('close', resolve)),
    everythingOf(child.stdout!),
    everythingOf(child.stderr!),
  ]);
  return { exitCode, output, errors };
}

/** Also of a stream that the test closes before its end. */
async function everythingOf(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve) => stream.once('close', resolve));
  return Buffer.concat(chunks).toString('utf8');
}
