import type { Comparison } from '../comparison.ts';

/** What `npm run bench -- NAME` runs. */
export interface Subject {
  open(): Promise<OpenSubject>;
}

export interface OpenSubject extends AsyncDisposable {
  readonly comparisons: readonly Comparison[];
  /** What is not compared with anybody. @param say tells how far it is */
  readonly report?: (say: (progress: string) => void) => Promise<{ readonly text: string; readonly numbers: unknown }>;
}
