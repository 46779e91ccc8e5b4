import { dirname, parse } from 'node:path';
import { detailOf } from '../core/errors.ts';
import { lookCookie } from '../core/look-cookie.ts';
import { type Observed, observed, type OwnWork, type UncommittedFiles, unknown } from '../core/impact.ts';
import type { RunId } from '../core/run-id.ts';
import { askGit, type GitAnswer } from './git.ts';
import type { InTurns } from './in-turns.ts';
import { countedFiles, isWholeStatus, statusArguments } from './status.ts';

/** Git has so long for each of its two answers. */
const limitMilliseconds = 3_000;

/**
 * What of a run's work is only in its worktree and on its branch, by two git commands. No file is looked at from this
 * process, and git is not started in the worktree but goes there itself, so that a file system that does not answer
 * holds up git alone.
 * @param looks lets so many gits look at a time
 * @returns never throws: what could not be found out is `unknown`
 */
export async function ownWorkIn(
  { path, branch, runId }: { readonly path: string; readonly branch: string; readonly runId: RunId },
  looks: InTurns,
): Promise<OwnWork> {
  const ask = async (parameters: readonly string[]): Promise<GitAnswer> =>
    await looks(() =>
      answerInTime((signal) =>
        askGit({
          directory: parse(path).root,
          arguments: ['-C', path, ...parameters],
          operation: 'look at worktree',
          // Where the worktree is broken, git is not to find another repository above it.
          environment: { WARDEN_RUN_ID: lookCookie(runId), GIT_CEILING_DIRECTORIES: dirname(path) },
          signal,
        }),
      ),
    );
  const [files, commits] = await Promise.all([
    observation(async () => filesIn(await ask(statusArguments))),
    observation(async () => commitsIn(await ask(commitArguments(branch)))),
  ]);
  return { files, commits };
}

/** A git that waits for its disk cannot be ended, and a filter keeps open what git would have printed to: neither is waited for. */
async function answerInTime(ask: (signal: AbortSignal) => Promise<GitAnswer>): Promise<GitAnswer> {
  const signal = AbortSignal.timeout(limitMilliseconds);
  const tooLate = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => tooLate.reject(new Error('git did not answer in time')), { once: true });
  return await Promise.race([tooLate.promise, ask(signal)]);
}

async function observation<Value>(look: () => Promise<Observed<Value>>): Promise<Observed<Value>> {
  try {
    return await look();
  } catch (error) {
    return unknown(detailOf(error));
  }
}

function filesIn(answer: GitAnswer): Observed<UncommittedFiles> {
  return isWholeStatus(answer) ? observed(countedFiles(answer.output)) : unknown(wordsOf(answer));
}

/** The branch counts beside HEAD, which may have left it; neither need be there. */
function commitArguments(branch: string): readonly string[] {
  const own = ['HEAD', `refs/heads/${branch}`];
  return ['rev-list', '--count', '--ignore-missing', ...own, '--not', `--exclude=${branch}`, ...elsewhere, '--'];
}

const elsewhere = ['--branches', '--tags', '--remotes'];

function commitsIn(answer: GitAnswer): Observed<number> {
  const text = answer.output.toString('utf8').trim();
  return answer.exitCode === 0 && /^\d+$/.test(text) ? observed(Number(text)) : unknown(wordsOf(answer));
}

function wordsOf({ words, exitCode }: GitAnswer): string {
  return words === '' ? `git ended with ${exitCode}` : (words.split('\n', 1)[0] ?? '');
}
