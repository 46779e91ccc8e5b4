import { lstat, statfs } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { simpleGit, type SimpleGitOptions } from 'simple-git';
import { detailOf, WardenError } from '../core/errors.ts';
import { myTurn } from '../event-loop-turns.ts';
import { gitEnvironment } from './git-environment.ts';
import { unlessMissing } from './system-failure.ts';

export interface GitRequest {
  /** Where git is started. */
  readonly directory: string;
  readonly arguments: readonly string[];
  /** What it is for, as the error says it, e.g. `create worktree`. */
  readonly operation: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Given to standard input; not empty. */
  readonly input?: Buffer;
  readonly signal?: AbortSignal;
  /**
   * It runs programs of the user, hooks or filters, which may go on when git has ended and keep its output open. What
   * they print after that is not waited for.
   */
  readonly runsPrograms?: boolean;
}

export interface GitAnswer {
  readonly exitCode: number;
  readonly output: Buffer;
  /** What git said on standard error. */
  readonly words: string;
}

/**
 * Runs git and returns its output.
 * @throws WardenError git_not_found, disk_full, git_failed; the signal's reason when aborted
 */
export async function git(request: GitRequest): Promise<Buffer> {
  const answer = await askGit(request);
  if (answer.exitCode !== 0) throw await gitFailure(request, answer);
  return answer.output;
}

/** The same for output that is text, without the line break at its end. */
export async function gitText(request: GitRequest): Promise<string> {
  return (await git(request)).toString('utf8').trimEnd();
}

/**
 * Runs git where an exit code other than 0 is an answer too.
 * @throws WardenError git_not_found, git_failed when git could not be run; the signal's reason when aborted
 */
export async function askGit(request: GitRequest): Promise<GitAnswer> {
  const environment = gitEnvironment(request.environment ?? {});
  let answer: GitAnswer | null = null;
  const options: Partial<SimpleGitOptions> = {
    baseDir: request.directory,
    // Output is complete when the pipes are closed, not when the process has ended.
    completion: { onClose: true, onExit: request.runsPrograms === true ? 200 : false },
    config: ['core.fsmonitor=false'],
    allowEnvironment: Object.keys(environment),
    // These guard against input from strangers; ours is fixed arguments and the user's own environment.
    unsafe: {
      allowAbbreviatedOptions: true,
      allowUnsafeAskPass: true,
      allowUnsafeConfigEnvCount: true,
      allowUnsafeConfigPaths: true,
      allowUnsafeExec: true,
      allowUnsafeFsMonitor: true,
      allowUnsafeHooksPath: true,
      allowUnsafeSshCommand: true,
    },
    errors(error, result) {
      if (typeof result.exitCode !== 'number' || result.exitCode < 0) return error ?? new Error('git was killed');
      answer = {
        exitCode: result.exitCode,
        output: Buffer.concat(result.stdOut),
        words: Buffer.concat(result.stdErr).toString('utf8').trim(),
      };
      return undefined;
    },
    ...(request.signal === undefined ? {} : { abort: request.signal }),
    ...(request.input === undefined ? {} : { input: () => request.input }),
  };
  await mayStart();
  request.signal?.throwIfAborted();
  try {
    await simpleGit(options)
      .env(environment)
      .outputHandler(nudge)
      .raw([...request.arguments]);
  } catch (error) {
    request.signal?.throwIfAborted();
    throw await startFailure(request, error);
  }
  request.signal?.throwIfAborted();
  if (answer === null) throw await startFailure(request, new Error('git gave no answer'));
  return answer;
}

let lastStart: Promise<void> = Promise.resolve();

/**
 * To start a program holds up the event loop for as long as it takes to copy the page tables of an extension host: one in
 * a turn of it.
 */
function mayStart(): Promise<void> {
  const turn = lastStart.then(myTurn);
  // simple-git starts it a few ticks later.
  lastStart = turn.then(() => nextTurn());
  return turn;
}

/**
 * simple-git 4.0 waits 50 ms after every command that printed nothing, whatever its `completion` option says. An empty
 * chunk counts as output and adds nothing to it.
 */
function nudge(_command: string, output: NodeJS.ReadableStream): void {
  queueMicrotask(() => output.emit('data', Buffer.alloc(0)));
}

/** Why git did not do it, in its own words. */
export async function gitFailure(request: GitRequest, answer: GitAnswer): Promise<WardenError> {
  const detail = wordsOf(answer);
  const isDiskFull =
    /No space left on device|Disk quota exceeded/i.test(detail) ||
    // For some of its writes git does not say why they failed.
    (/(unable|failed) to (write|create)|write error/i.test(detail) && (await isNearlyFull(request.directory)));
  if (isDiskFull) return new WardenError('disk_full', { path: request.directory });
  return new WardenError('git_failed', { operation: request.operation, detail });
}

/** What git said. */
export function wordsOf({ words, output, exitCode }: GitAnswer): string {
  return words || output.toString('utf8').trim() || `git ended with ${exitCode}`;
}

/** Less than a megabyte left. */
async function isNearlyFull(directory: string): Promise<boolean> {
  const facts = await statfs(directory).catch(() => null);
  return facts !== null && facts.bavail * facts.bsize < 1_000_000;
}

/** Why git could not be run: the system says the same for a program and for a folder that is not there. */
async function startFailure(request: GitRequest, error: unknown): Promise<WardenError> {
  const { operation, directory } = request;
  const isThere = (await unlessMissing(lstat(directory))) !== null;
  const detail = isThere ? detailOf(error).split('\n', 1).join('') : `there is no folder ${directory}`;
  return isThere && /spawn git ENOENT/.test(detail)
    ? new WardenError('git_not_found', { detail }, { cause: error })
    : new WardenError('git_failed', { operation, detail }, { cause: error });
}

/** The parts of output that git ended with a NUL each (`-z`). */
export function nulSeparated(output: Buffer, encoding: 'utf8' | 'latin1' = 'utf8'): string[] {
  return output.toString(encoding).split('\0').slice(0, -1);
}

/** Of such parts, those that begin so, without that beginning. Searched natively: tens of thousands take no time. */
export function partsBeginningWith(prefix: string, output: Buffer): string[] {
  const bounded = Buffer.concat([Buffer.of(0), output]);
  const beginning = Buffer.from(`\0${prefix}`, 'latin1');
  const parts: string[] = [];
  for (let start = bounded.indexOf(beginning); start !== -1; start = bounded.indexOf(beginning, start + 1)) {
    parts.push(bounded.toString('latin1', start + beginning.length, bounded.indexOf(0, start + 1)));
  }
  return parts;
}
