import type { RunId } from './run-id.ts';

/** What somebody types who insists on a removal: the run of the one worktree, or how many there are. */
export function confirmationOf(insisted: readonly { readonly runId: RunId }[]): string {
  const [only] = insisted;
  return insisted.length === 1 && only !== undefined ? only.runId : String(insisted.length);
}

export function isConfirmed(typed: string, insisted: readonly { readonly runId: RunId }[]): boolean {
  return typed.trim() === confirmationOf(insisted);
}
