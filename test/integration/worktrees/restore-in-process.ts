// Restores in a process of its own that ends as a crash would at one of its git commands: the arguments are the folder of
// the repository, the request as JSON, which git command from 1 on, and whether before or after it.
import { gitWorktrees } from '../../../src/worktrees/git-worktrees.ts';
import { dyingGit } from './dying-git.ts';

const [directory = '', request = '{}', number = '0', when = 'before'] = process.argv.slice(2);
const worktrees = gitWorktrees();
const repository = await worktrees.repositoryOf(directory);
await using _ = await dyingGit(number, when);
await worktrees.restore({
  repository,
  ...(JSON.parse(request) as Omit<Parameters<typeof worktrees.restore>[0], 'repository' | 'signal' | 'endWorkers'>),
  endWorkers: () => Promise.resolve(),
  signal: new AbortController().signal,
});
