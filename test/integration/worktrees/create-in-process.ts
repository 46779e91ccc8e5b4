import { randomBytes } from 'node:crypto';
import { runIdFrom } from '../../../src/core/run-id.ts';
import { gitWorktrees } from '../../../src/worktrees/git-worktrees.ts';

// A process of its own that creates worktrees: `create-in-process.ts REPOSITORY COUNT`.
const [path = '', count = '1'] = process.argv.slice(2);
const worktrees = gitWorktrees();
const repository = await worktrees.repositoryOf(path);
const baseCommit = await worktrees.commitOf(repository, 'HEAD');
await Promise.all(
  Array.from({ length: Number(count) }, async () => {
    const runId = runIdFrom(randomBytes(6));
    const name = `other-${runId.slice(4)}`;
    await worktrees.create({
      repository,
      runId,
      path: `${path}.worktrees/${name}`,
      branch: `warden/${name}`,
      baseCommit,
      checkpoint: null,
      signal: new AbortController().signal,
    });
  }),
);
