import { WardenError } from './errors.ts';
import type { RunFilter, RunPage } from './ports/store.ts';
import type { Run } from './run.ts';
import { isRunId, type RunId } from './run-id.ts';

export const defaultPageSize = 100;

/** Where a page ends: by key, not by offset, so that runs which come and go meanwhile move nothing. */
export interface Cursor {
  readonly createdAt: number;
  readonly runId: RunId;
}

export const cursorOf = (run: Run): string => `${run.createdAt}.${run.runId}`;

/** @throws WardenError invalid_argument for a cursor that is not ours */
export function cursorFrom(cursor: string): Cursor {
  const [createdAt = '', runId = ''] = cursor.split('.');
  if (!/^\d{1,16}$/.test(createdAt) || !isRunId(runId)) {
    throw new WardenError('invalid_argument', {
      argument: 'cursor',
      value: cursor,
      expected: 'the next_cursor of an earlier page',
    });
  }
  return { createdAt: Number(createdAt), runId };
}

/** The page of runs that a filter asks for, newest first, from all runs: as the database would choose it. */
export function pageOf(runs: readonly Run[], filter: RunFilter): RunPage {
  const { limit = defaultPageSize } = filter;
  const cursor = filter.cursor === undefined ? null : cursorFrom(filter.cursor);
  const wanted = runs
    .filter((run) => matches(run, filter) && (cursor === null || newestFirst(cursor, run) < 0))
    .sort(newestFirst);
  const page = wanted.slice(0, limit);
  const last = page.at(-1);
  return { runs: page, nextCursor: wanted.length > limit && last !== undefined ? cursorOf(last) : null };
}

function matches(run: Run, filter: RunFilter): boolean {
  return (
    (filter.statuses?.includes(run.status) ?? true) &&
    (filter.workflowName === undefined || run.workflowName === filter.workflowName) &&
    (filter.repository === undefined || run.repository === filter.repository) &&
    run.createdAt >= (filter.createdSince ?? -Infinity) &&
    run.createdAt < (filter.createdUntil ?? Infinity)
  );
}

function newestFirst(one: Cursor, other: Cursor): number {
  if (one.createdAt !== other.createdAt) return other.createdAt - one.createdAt;
  return one.runId < other.runId ? 1 : one.runId > other.runId ? -1 : 0;
}
