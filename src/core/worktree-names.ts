import { digitsOf, type RunId } from './run-id.ts';

/** `<repository>.worktrees/<workflow>-<id>`: VS Code's own convention for where worktrees live. */
export function worktreePathFor(repository: string, workflowName: string, runId: RunId): string {
  return `${repository.replace(/[\\/]+$/, '')}.worktrees/${workflowName}-${digitsOf(runId)}`;
}

/** Beside those of runs, so that one rename makes it one of theirs, and what git wrote relative to it stays true. */
export function pooledPathFor(repository: string, id: string): string {
  return `${repository.replace(/[\\/]+$/, '')}.worktrees/.pool-${id}`;
}

/** `warden/<workflow>/<id>`. A workflow's name may hold what a ref may not, so that is replaced. */
export function branchFor(workflowName: string, runId: RunId): string {
  const safe = workflowName.replaceAll(/\.{2,}/g, '.').replace(/\.(lock)?$/, '-');
  return `warden/${safe}/${digitsOf(runId)}`;
}

/** The worktree and branch of the `number`th restored worktree of a run, counted from 1: beside those of the run itself. */
export function restoredNames(
  run: { readonly path: string; readonly branch: string },
  number: number,
): { readonly path: string; readonly branch: string } {
  return { path: `${run.path}-restored-${number}`, branch: `${run.branch}-restored-${number}` };
}
