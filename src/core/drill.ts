import { defaultStageLengths } from './escalation.ts';
import type { KillReport } from './kill-report.ts';
import type { RunId } from './run-id.ts';
import { defaultPortBounds } from './port-range.ts';
import type { Workflow } from './workflow.ts';

/** What a drill showed on this very machine. */
export interface DrillReport {
  readonly runId: RunId;
  /** The processes that told who they are before the kill. */
  readonly processes: readonly DrillProcess[];
  readonly kill: KillReport;
  /** All processes of the machine that the last look went through. */
  readonly lookedAt: number;
}

export interface DrillProcess {
  /** What makes it hard to end, in the drill's own words. */
  readonly shape: string;
  readonly pid: number;
  /** Seen to be gone after the kill. One that was not was ended by the drill itself then, since it knew its identity. */
  readonly ended: boolean;
}

/** Nothing of it lives, by the kill's own proof and by the pids that its processes told. */
export function isDrillPassed({ kill, processes }: DrillReport): boolean {
  return kill.success && processes.every(({ ended }) => ended);
}

/** Short stages, so that a person sees each of them in seconds. */
export function drillWorkflow(command: readonly [string, ...string[]]): Workflow {
  return {
    name: 'drill',
    description: null,
    command,
    env: {},
    include: [],
    setup: null,
    setupTimeoutMinutes: 15,
    teardown: null,
    teardownTimeoutSeconds: 60,
    initializationTimeoutMinutes: 1,
    timeoutMinutes: 5,
    stuckAfterMinutes: 5,
    onStuck: 'kill',
    onTimeout: 'kill',
    limits: { memoryBytes: null, cpuPercent: null, processes: null },
    onLimit: 'notify',
    checkpointMinutes: null,
    ports: 0,
    portBounds: defaultPortBounds,
    persistent: false,
    cleanup: null,
    retry: null,
    kill: { ...defaultStageLengths, graceful: 1_500, forced: 1_500 },
    maxConcurrentRuns: null,
  };
}

/** What a drill's tree has printed so far. */
export interface DrillMuster {
  readonly present: readonly { readonly shape: string; readonly pid: number }[];
  /** Everyone whom it started has told who he is. */
  readonly isComplete: boolean;
}

/** Reads `process <pid> <shape>` for each process, and `expect <count>` once all were started. */
export function drillMuster(output: string): DrillMuster {
  const present = Array.from(output.matchAll(/^process (\d+) (.+)$/gm), ([, pid, shape]) => ({
    pid: Number(pid),
    shape: shape ?? '',
  }));
  const expected = /^expect (\d+)$/m.exec(output)?.[1];
  return { present, isComplete: expected !== undefined && present.length >= Number(expected) };
}
