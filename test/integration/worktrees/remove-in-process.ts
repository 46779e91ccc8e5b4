// Removes a worktree in a process of its own that ends as a crash would at one of its git commands: the arguments are the
// folder of the repository, what is known of the worktree as JSON, which git command from 1 on, and whether before or after.
import type { WorktreeFacts } from '../../../src/core/removal.ts';
import { gitWorktrees } from '../../../src/worktrees/git-worktrees.ts';
import { dyingGit } from './dying-git.ts';

const [directory = '', facts = '{}', number = '0', when = 'before'] = process.argv.slice(2);
const worktrees = gitWorktrees();
const repository = await worktrees.repositoryOf(directory);
await using _ = await dyingGit(number, when);
await worktrees.remove(repository, JSON.parse(facts) as WorktreeFacts);
await worktrees.settled();
