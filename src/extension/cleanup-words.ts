import type { CleanupReport } from '../core/cleanup-report.ts';
import { describeBytes, plainEnglish, type Translate } from '../core/messages.ts';
import { keepWords } from './keep-words.ts';

/** What became of the worktrees that were to be removed. A size that is not known is not counted, and then none is told. */
export function cleanupWords({ removed, kept }: CleanupReport, translate: Translate = plainEnglish): string {
  const sizes = removed.map(({ bytes }) => bytes);
  const isKnown = sizes.length > 0 && !sizes.includes(null);
  const size = isKnown
    ? ` (${describeBytes(
        sizes.reduce<number>((sum, bytes) => sum + (bytes ?? 0), 0),
        translate,
      )})`
    : '';
  const outcome =
    removed.length === 1
      ? translate('Removed one worktree{0}.', size)
      : translate('Removed {0} worktrees{1}.', removed.length, size);
  return kept.length === 0
    ? outcome
    : `${outcome} ${translate('Kept {0}: {1}', kept.length, keptLines({ kept }, translate).join(', '))}`;
}

/** Each that stays in a line, and why. */
export function keptLines(
  { kept }: Pick<CleanupReport, 'kept'>,
  translate: Translate = plainEnglish,
): readonly string[] {
  return kept.map(({ path, reasons }) => `${path}: ${keepWords(reasons, translate)}`);
}
