import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

export interface OtherProcess extends AsyncDisposable {
  readonly child: ChildProcess;
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
  const crash = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  return { child, crash, [Symbol.asyncDispose]: crash };
}
