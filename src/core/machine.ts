import { describeBytes, hundredths } from './quantities.ts';
import type { Translate } from './translate.ts';

/** How the machine is. What the system does not tell is null. */
export interface MachineFacts {
  /** Processes that want to run, on average over the last minute, for each core. */
  readonly loadPerCore: number | null;
  readonly memory: { readonly freeBytes: number; readonly totalBytes: number };
  readonly disks: readonly { readonly path: string; readonly freeBytes: number }[];
}

/** Something that the next run would miss. */
export type Shortage =
  | { readonly of: 'cores'; readonly loadPerCore: number }
  | { readonly of: 'memory'; readonly freeBytes: number }
  | { readonly of: 'disk'; readonly freeBytes: number; readonly path: string };

/** With so many processes for each core a machine hardly answers. */
const mostLoadPerCore = 10;

/** With less free than this share of the memory the system begins to end processes. */
const leastMemoryShare = 0.03;

/** A checkout, a build and its output fit into no less. */
const leastDiskBytes = 500_000_000;

/** What of the machine is short. */
export function shortagesOf({ loadPerCore, memory, disks }: MachineFacts): readonly Shortage[] {
  return [
    ...(loadPerCore !== null && loadPerCore > mostLoadPerCore ? [{ of: 'cores', loadPerCore } as const] : []),
    ...(memory.freeBytes < memory.totalBytes * leastMemoryShare
      ? [{ of: 'memory', freeBytes: memory.freeBytes } as const]
      : []),
    ...disks
      .filter(({ freeBytes }) => freeBytes < leastDiskBytes)
      .map(({ path, freeBytes }) => ({ of: 'disk', path, freeBytes }) as const),
  ];
}

/** On one line, without its end. */
export function describeShortage(shortage: Shortage, translate: Translate): string {
  switch (shortage.of) {
    case 'cores':
      return translate('the machine is busy: {0} processes want each core', hundredths(shortage.loadPerCore));
    case 'memory':
      return translate('memory is short: {0} free', describeBytes(shortage.freeBytes, translate));
    case 'disk':
      return translate(
        'the disk of {0} is nearly full: {1} free',
        shortage.path,
        describeBytes(shortage.freeBytes, translate),
      );
  }
}
