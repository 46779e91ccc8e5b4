import { defaultStageLengths } from '../../../src/core/escalation.ts';
import { uncontained } from '../../../src/core/containment.ts';
import { defaultPortBounds } from '../../../src/core/port-range.ts';
import type { Run, StopIntent } from '../../../src/core/run.ts';
import type { Workflow } from '../../../src/core/workflow.ts';
import { anIdentity, bootId, runId } from './a-process.ts';

export const aWorkflow: Workflow = {
  name: 'builder',
  description: null,
  command: ['agent'],
  env: {},
  include: [],
  setup: null,
  setupTimeoutMinutes: 15,
  teardown: null,
  teardownTimeoutSeconds: 60,
  initializationTimeoutMinutes: 30,
  timeoutMinutes: 60,
  stuckAfterMinutes: 5,
  onStuck: 'notify',
  onTimeout: 'kill',
  limits: { memoryBytes: null, cpuPercent: null, processes: null },
  onLimit: 'notify',
  checkpointMinutes: null,
  ports: 0,
  portBounds: defaultPortBounds,
  persistent: false,
  cleanup: null,
  retry: null,
  kill: defaultStageLengths,
  maxConcurrentRuns: null,
};

/** 2025-06-16T13:33:06.120Z, the time of the kill report in the design. */
export const killedAt = Date.UTC(2025, 5, 16, 13, 33, 6, 120);

/** A run under way, unless told otherwise. */
export function aRun(run: Partial<Run> = {}): Run {
  return {
    runId,
    workflowName: 'builder',
    workflow: aWorkflow,
    status: 'running',
    reason: null,
    message: 'Fix the tests',
    sessionId: null,
    createdAt: killedAt - 62_000,
    startedAt: killedAt - 60_000,
    endedAt: null,
    exitCode: null,
    signal: null,
    repository: '/home/dev/shop',
    worktree: { path: '/home/dev/shop.worktrees/builder-010203040506', branch: 'warden/builder/010203040506' },
    base: 'HEAD',
    baseCommit: 'c0ffee',
    persistent: false,
    owner: 'dev',
    parentRunId: null,
    restartedFrom: null,
    retryNumber: 0,
    failuresAtOnce: 0,
    resume: null,
    extraMinutes: 0,
    queue: null,
    ports: null,
    warnings: [],
    launcher: null,
    stop: null,
    followUp: null,
    isRetryCancelled: false,
    killMethod: null,
    killReport: null,
    process: {
      command: anIdentity(4243),
      wrapper: anIdentity(4242),
      containment: uncontained,
      startedMonotonic: 0,
      lastHeartbeat: killedAt - 1_000,
      observation: null,
    },
    snoozedUntil: null,
    ...run,
  };
}

/** A kill that was asked for and is carried out, unless told otherwise. */
export function aStop(stop: Partial<StopIntent> = {}): StopIntent {
  return {
    kind: 'kill',
    becomes: null,
    force: false,
    why: null,
    actor: { user: 'dev', face: 'cli' },
    decidedAt: killedAt,
    decidedMonotonic: 100_000,
    begunMonotonic: 112_000,
    progressMonotonic: 112_000,
    reached: 'graceful',
    waitedFor: [],
    ports: [],
    bootId,
    carrier: anIdentity(7),
    ...stop,
  };
}
