import * as z from 'zod/mini';
import { cleanupJson, worktreesJson } from '../../core/run-json.ts';
import { cleanupSchema } from '../answer-schemas.ts';
import { nonEmptyText, nothing, reason, repository } from '../parameters.ts';
import { defineRoute, type Route } from '../route.ts';

const worktrees = defineRoute({
  name: 'list_worktrees',
  method: 'get',
  at: '/api/v1/worktrees',
  summary: 'List the worktrees of runs: what each takes of the disk, and why it may or may not be cleaned up',
  path: nothing,
  query: z.strictObject({ repository }),
  body: null,
  answers: {
    status: [200],
    type: 'application/json',
    description: 'The worktrees, with their sizes as measured last.',
  },
  async answer({ supervisor, query, directory: started }) {
    const directory = query.repository ?? started;
    const entries = await supervisor.worktrees({ directory, sizes: 'known' });
    const others = await supervisor.otherWorktrees(directory);
    return { document: worktreesJson(entries, others, await supervisor.disk({ directory, measure: false })) };
  },
});

const cleanup = defineRoute({
  name: 'cleanup_worktrees',
  method: 'post',
  at: '/api/v1/worktrees/cleanup',
  summary:
    'Remove the worktrees of runs that are over, after keeping what is in them; a dry run unless it is told otherwise',
  path: nothing,
  query: nothing,
  body: z.strictObject({
    dry_run: z.optional(
      z.boolean().check(z.meta({ description: 'Only tell what would be removed and what kept; true when absent.' })),
    ),
    max_age_hours: z.optional(
      z
        .number()
        .check(z.gte(0), z.lte(1_000_000), z.meta({ description: 'What ended less than so long ago stays; 48.' })),
    ),
    force: z.optional(
      z
        .boolean()
        .check(z.meta({ description: 'Also what has uncommitted work in it, which is kept in a checkpoint.' })),
    ),
    only: z.optional(
      z
        .array(nonEmptyText('Path of a worktree.', 4_096))
        .check(z.maxLength(1_000), z.meta({ description: 'Only these worktrees, by the paths that a dry run told.' })),
    ),
    reason,
    repository,
  }),
  answers: {
    status: [200],
    type: 'application/json',
    description: 'What was removed and what kept, and why.',
    schema: cleanupSchema,
  },
  async answer({ supervisor, body, directory, gone }) {
    const report = await supervisor.cleanup({
      directory: body.repository ?? directory,
      dryRun: body.dry_run ?? true,
      force: body.force ?? false,
      ...(body.max_age_hours === undefined ? {} : { maxAgeHours: body.max_age_hours }),
      ...(body.only === undefined ? {} : { only: body.only }),
      ...(body.reason === undefined ? {} : { why: body.reason }),
      // Nobody would learn what goes after this.
      signal: gone,
    });
    return { document: cleanupJson(report) };
  },
});

export const worktreeRoutes: readonly Route[] = [worktrees, cleanup];
