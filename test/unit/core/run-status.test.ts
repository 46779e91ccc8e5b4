import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  activeStatuses,
  isRunStatus,
  isTerminal,
  mayBecome,
  type RunStatus,
  runStatuses,
} from '../../../src/core/run-status.ts';

describe('the status of a run', () => {
  const successors: Record<RunStatus, RunStatus[]> = {
    pending: ['running', 'failed', 'terminated'],
    // Pending again where its command never began.
    running: ['completed', 'failed', 'pending', 'terminating'],
    terminating: ['terminated', 'killed'],
    completed: [],
    failed: [],
    terminated: [],
    killed: [],
  };

  it.each(Object.entries(successors))('%s may become %j and nothing else', (from, expected) => {
    expect(runStatuses.filter((to) => mayBecome(from as RunStatus, to)).sort()).toEqual(expected.toSorted());
  });

  it('is active or terminal, never both', () => {
    expect(activeStatuses).toEqual(['pending', 'running', 'terminating']);
    expect(runStatuses.filter(isTerminal)).toEqual(['completed', 'failed', 'terminated', 'killed']);
  });

  it('never leaves a terminal one, whatever is asked of it and in whatever order', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...runStatuses), { maxLength: 30 }), (wishes) => {
        let status: RunStatus = 'pending';
        let ended: RunStatus | null = null;
        for (const wish of wishes) {
          if (mayBecome(status, wish)) status = wish;
          if (isTerminal(status)) ended ??= status;
          if (ended !== null) expect(status).toBe(ended);
        }
      }),
    );
  });

  it('can end from wherever it is', () => {
    for (const status of activeStatuses) {
      const reached = new Set<RunStatus>([status]);
      for (const from of reached) for (const to of runStatuses) if (mayBecome(from, to)) reached.add(to);
      expect([...reached].some(isTerminal), status).toBe(true);
    }
  });

  it('is one of the list, not merely a word that some object knows', () => {
    expect(isRunStatus('running')).toBe(true);
    expect(['Running', 'toString', ''].filter(isRunStatus)).toEqual([]);
  });
});
