import type { CheckpointRef, Repository } from '../core/ports/worktrees.ts';
import { isRunId } from '../core/run-id.ts';
import { askGit, git, gitText } from './git.ts';
import { durable } from './temporary-index.ts';

type Named = Omit<CheckpointRef, 'problem'>;

const operation = 'look at checkpoints';

/** All checkpoints, whoever knows their runs, and of each what is missing. Nothing is fetched. */
export async function checkpointRefs(repository: Repository): Promise<CheckpointRef[]> {
  const listed = await gitText({
    directory: repository.gitDirectory,
    arguments: ['for-each-ref', '--format=%(objectname) %(refname)', 'refs/warden/checkpoints/'],
    operation,
  });
  const refs = listed.split('\n').flatMap((line): Named[] => {
    const [, commit, ref, runId] = /^([0-9a-f]+) (refs\/warden\/checkpoints\/([^/]+)\/\d+)$/.exec(line) ?? [];
    return commit === undefined || ref === undefined || runId === undefined || !isRunId(runId)
      ? []
      : [{ ref, runId, commit }];
  });
  const isTold = refs.length > 0 && !(await isPartial(repository));
  // Mostly all are whole: then one walk tells it.
  if (!isTold || (await missingIn(repository, refs)) === null) return refs.map((ref) => ({ ...ref, problem: null }));
  const examined: CheckpointRef[] = [];
  for (const ref of refs) examined.push({ ...ref, problem: await missingIn(repository, [ref]) });
  return examined;
}

/**
 * Gives a checkpoint its ref again, which somebody deleted, as a fetch does that mirrors all refs. Git deletes its commit
 * some time later: where anything of it is missing, nothing is done.
 * @throws WardenError git_failed when there is such a ref
 */
export async function returnCheckpointRef(
  repository: Repository,
  { ref, commit }: Pick<CheckpointRef, 'ref' | 'commit'>,
): Promise<void> {
  if ((await missingIn(repository, [{ commit }])) !== null) return;
  const none = '0'.repeat(commit.length);
  await git({
    directory: repository.gitDirectory,
    arguments: [...durable, 'update-ref', ref, commit, none],
    operation: 'give a checkpoint its ref again',
  });
}

/** What a partial clone lacks is fetched when it is needed. */
async function isPartial(repository: Repository): Promise<boolean> {
  const answer = await askGit({
    directory: repository.gitDirectory,
    arguments: ['config', '--get', 'extensions.partialClone'],
    operation,
  });
  return answer.exitCode === 0;
}

/** @returns what is missing of all that only checkpoints hold; null when nothing is */
async function missingIn(repository: Repository, refs: readonly Pick<Named, 'commit'>[]): Promise<string | null> {
  const answer = await askGit({
    directory: repository.gitDirectory,
    arguments: [
      'rev-list',
      '--objects',
      '--no-object-names',
      '--missing=print',
      '--stdin',
      '--not',
      '--branches',
      '--tags',
      '--remotes',
    ],
    input: Buffer.from(refs.map(({ commit }) => `${commit}\n`).join('')),
    operation,
  });
  if (answer.exitCode !== 0) return answer.words || `git ended with ${answer.exitCode}`;
  const missing = answer.output
    .toString('utf8')
    .split('\n')
    .filter((line) => line.startsWith('?'));
  const [first] = missing;
  return first === undefined ? null : `${missing.length} objects are missing, ${first.slice(1)} among them`;
}
