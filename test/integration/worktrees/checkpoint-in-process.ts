// Takes a checkpoint in a process of its own that ends as a crash would at one of its git commands: the arguments are the
// worktree and the run, which git command from 1 on, and whether before or after.
import { isRunId } from '../../../src/core/run-id.ts';
import { gitWorktrees } from '../../../src/worktrees/git-worktrees.ts';
import { dyingGit } from './dying-git.ts';

const [path = '', runId = '', number = '0', when = 'before'] = process.argv.slice(2);
if (!isRunId(runId)) throw new Error(`${runId} is no run`);
const worktrees = gitWorktrees();
await using _ = await dyingGit(number, when);
await worktrees.checkpoint({ path, runId, why: 'by_hand' });
