import { askGit, gitFailure } from './git.ts';

/** The bytes of a file as they are in a commit; null when there is no such file in it. */
export async function fileAt(repositoryPath: string, commit: string, path: string): Promise<Uint8Array | null> {
  const request = {
    directory: repositoryPath,
    arguments: ['cat-file', 'blob', `${commit}:${path}`],
    operation: 'read file',
  };
  const answer = await askGit(request);
  if (answer.exitCode === 0) return answer.output;
  // The last one is a folder or a submodule.
  if (/^fatal: path .* (does not exist|exists on disk, but not) in |: bad file$/s.test(answer.words)) return null;
  throw await gitFailure(request, answer);
}
