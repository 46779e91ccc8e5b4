import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

export interface OtherProcess extends AsyncDisposable {
  readonly child: ChildProcess;
  /** Its exit code, or the signal that ended it; whenever one asks. */
  readonly exited: Promise<readonly [number | null, NodeJS.Signals | null]>;
  /** Ends it as a crash would. */
  crash(): Promise<void>;
}

/** See other-process.ts. */
export function startOtherProcess(
  verb: 'run' | 'run-many' | 'run-until-release' | 'kill' | 'watch' | 'idle',
  options: object,
  stateFolder: string,
): OtherProcess {
  const script = path.join(import.meta.dirname, 'other-process.ts');
  const child = spawn(process.execPath, [script, verb, JSON.stringify(options)], {
    env: { ...process.env, WARDEN_STATE_DIR: stateFolder },
    stdio: 'inherit',
  });
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const crash = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  return { child, exited, crash, [Symbol.asyncDispose]: crash };
}
