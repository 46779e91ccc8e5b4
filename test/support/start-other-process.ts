import Database from 'better-sqlite3';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { readStat } from '../../src/processes/linux-stat.ts';
import { eventually } from './eventually.ts';
import { exitOf } from './exit-of.ts';

export interface OtherProcess extends AsyncDisposable {
  readonly child: ChildProcess;
  /** Its exit code, or the signal that ended it; whenever one asks. */
  readonly exited: ReturnType<typeof exitOf>;
  /** Ends it as a crash would. */
  crash(): Promise<void>;
  /**
   * Stops it as Ctrl+Z would, while it writes neither into the database nor into the audit log: who is stopped in the
   * middle of that holds up everybody else, which is another story.
   */
  stop(): Promise<void>;
  /** Continues it. */
  goOn(): void;
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
  const exited = exitOf(child);
  const crash = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  const goOn = (): void => void child.kill('SIGCONT');
  const stop = async (): Promise<void> => {
    await eventually(async () => {
      child.kill('SIGSTOP');
      await eventually(() => process.platform !== 'linux' || readStat(child.pid ?? 0)?.isStopped);
      const isFree = ['warden.db', 'audit.jsonl.lock'].every((name) => canBeWritten(path.join(stateFolder, name)));
      if (!isFree) goOn();
      return isFree;
    });
  };
  return { child, exited, crash, stop, goOn, [Symbol.asyncDispose]: crash };
}

function canBeWritten(file: string): boolean {
  if (!existsSync(file)) return true;
  const database = new Database(file, { timeout: 0 });
  try {
    database.exec('BEGIN IMMEDIATE; ROLLBACK');
    return true;
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) return false;
    throw error;
  } finally {
    database.close();
  }
}
