import * as z from 'zod/mini';
import { cleanupJson } from '../../../core/run-json.ts';
import { cleanupSchema } from '../../answer-schemas.ts';
import { flag, nonEmptyText, reason, repository } from '../parameters.ts';
import { defineTool, ends } from '../tool.ts';

export const cleanupWorktrees = defineTool({
  name: 'cleanup_worktrees',
  title: 'Clean up worktrees',
  description:
    'Removes the worktrees of runs that are over, after keeping what is in them, and tells why the others stay. A dry run, ' +
    'which only tells what would happen, unless dry_run is false.',
  input: z.strictObject({
    dry_run: z
      ._default(z.boolean(), true)
      .check(z.meta({ description: 'Only tell what would be removed and what kept.' })),
    max_age_hours: z.optional(
      z
        .number()
        .check(z.gte(0), z.lte(1_000_000), z.meta({ description: 'What ended less than so long ago stays; 48.' })),
    ),
    force: flag('Also what has uncommitted work in it, which is kept in a checkpoint.'),
    only: z.optional(
      z
        .array(nonEmptyText('Path of a worktree.', 4_096))
        .check(z.maxLength(1_000), z.meta({ description: 'Only these worktrees, by the paths that a dry run told.' })),
    ),
    reason,
    repository,
  }),
  output: cleanupSchema,
  hints: ends,
  async call(
    { dry_run, max_age_hours, force, only, reason: why, repository: folder },
    { supervisor, directory, cancelled },
  ) {
    const document = cleanupJson(
      await supervisor.cleanup({
        directory: folder ?? directory,
        dryRun: dry_run,
        force,
        ...(max_age_hours === undefined ? {} : { maxAgeHours: max_age_hours }),
        ...(only === undefined ? {} : { only }),
        ...(why === undefined ? {} : { why }),
        signal: cancelled,
      }),
    );
    const { removed, kept } = document;
    const count = `${removed.length} ${removed.length === 1 ? 'worktree' : 'worktrees'}`;
    return {
      document,
      text: dry_run ? `Would remove ${count} and keep ${kept.length}.` : `Removed ${count} and kept ${kept.length}.`,
    };
  },
});
