/**
 * Something that a kill should not cut in two: a git operation that writes, a lock of git that somebody alive holds, or
 * what the run itself declares in `$WARDEN_RUN_DIR/critical/`.
 */
export type CriticalSection =
  | { readonly kind: 'git'; readonly operation: string; readonly pid: number }
  /** `path` of the lock file; `pid` of who holds it. */
  | { readonly kind: 'lock'; readonly path: string; readonly pid: number }
  /** `pid` where the run named one. */
  | { readonly kind: 'declared'; readonly name: string; readonly pid: number | null };
