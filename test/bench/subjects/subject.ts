import type { Comparison } from '../comparison.ts';

/** What `npm run bench -- NAME` runs. */
export interface Subject {
  readonly name: string;
  open(): Promise<OpenSubject>;
}

export interface OpenSubject extends AsyncDisposable {
  readonly comparisons: readonly Comparison[];
}
