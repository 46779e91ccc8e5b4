import type { Notice } from '../../../src/core/notice.ts';
import { runId } from './a-process.ts';
import { killedAt } from './a-run.ts';

/** Of a run that is stuck, unless told otherwise. */
export function aNotice(some: Partial<Notice> = {}): Notice {
  return {
    kind: 'stuck',
    at: killedAt,
    runId,
    workflowName: 'builder',
    repository: 'shop',
    status: 'running',
    reasons: ['no output for 12 min and no CPU used; limit 5 min'],
    createdAt: killedAt - 13 * 60_000,
    startedAt: killedAt - 12 * 60_000,
    endedAt: null,
    exitCode: null,
    signal: null,
    killMethod: null,
    ...some,
  };
}
