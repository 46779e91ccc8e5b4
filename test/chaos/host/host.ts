import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import type { KillReport } from '../../../src/core/kill-report.ts';
import type { Run } from '../../../src/core/run.ts';
import type { KillOptions } from '../../../src/supervisor/kill.ts';
import type { LaunchOptions } from '../../../src/supervisor/launch.ts';
import type { RestartOptions } from '../../../src/supervisor/restart.ts';
import type { Moment } from './effects.ts';

interface Conditions {
  readonly dieAt?: Moment | undefined;
  /** How many times as fast its durations pass; 1 where nothing is said. */
  readonly speed?: number;
}

export type HostRequest = Conditions &
  (
    | { readonly verb: 'run'; readonly options: LaunchOptions }
    | { readonly verb: 'kill'; readonly runId: string; readonly options?: KillOptions }
    | { readonly verb: 'restart'; readonly runId: string; readonly options?: RestartOptions }
  );

interface Results {
  readonly run: Run;
  readonly kill: KillReport;
  readonly restart: Run;
}

export interface Answer<Result = unknown> {
  readonly result?: Result;
  readonly error?: { readonly code: string; readonly words: string };
  /** Writes and signals that it took. */
  readonly effects: number;
}

/** Who the host is: nobody else than ourselves where nothing is said. */
export interface HostUser {
  readonly uid?: number;
  readonly gid?: number;
  readonly environment: NodeJS.ProcessEnv;
}

export interface Host<Result> extends AsyncDisposable {
  readonly child: ChildProcess;
  /** null when it died before it could answer. */
  readonly answer: Promise<Answer<Result> | null>;
}

export function startHost<Request extends HostRequest>(
  stateFolder: string,
  request: Request,
  user?: HostUser,
): Host<Results[Request['verb']]> {
  const script = path.join(import.meta.dirname, 'host-in-process.ts');
  const child = spawn(process.execPath, [script, JSON.stringify(request)], {
    env: { ...process.env, ...user?.environment, WARDEN_STATE_DIR: stateFolder },
    stdio: ['ignore', 'pipe', 'inherit'],
    ...(user?.uid === undefined ? {} : { uid: user.uid }),
    ...(user?.gid === undefined ? {} : { gid: user.gid }),
  });
  const ended = once(child, 'exit');
  const said = text(child.stdout);
  const answer = ended.then(async () => {
    const line = await said;
    return line === '' ? null : (JSON.parse(line) as Answer<Results[Request['verb']]>);
  });
  // Whoever does not ask is not told.
  answer.catch(() => undefined);
  return {
    child,
    answer,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await ended;
    },
  };
}
