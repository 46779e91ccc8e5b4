/** Where what went wrong in the background is told: VS Code's output channel, or standard error. */
export interface Diagnostics {
  /** @param during what was being done, e.g. `watch` */
  failed(during: string, error: unknown): void;
}
