/**
 * What stands in WARDEN_RUN_ID of the processes that prepare a worktree of the pool, which may go on when whoever began it
 * is gone: by this they are found. It is no run's id, since they are none of its processes.
 */
export function poolCookie(id: string): string {
  return `pool/${id}`;
}
