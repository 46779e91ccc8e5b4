import type { Health } from './health.ts';
import type { GivenHeartbeat } from './observation.ts';
import type { Run, RunReason } from './run.ts';
import type { StopProgress } from './stop-progress.ts';

/** What of a run is only for those who may read, by the names that it has in JSON. */
export const withheldFields = [
  'message',
  'reason',
  'repository',
  'worktree_path',
  'branch',
  'base',
  'base_commit',
  'owner',
  'pid',
  'ports',
  'session_id',
  'last_line',
  'kill_report',
] as const;

interface RunAndFacts {
  readonly run: Run;
  readonly health: Health;
  readonly lastLine: string | null;
  readonly heartbeat: GivenHeartbeat | null;
  readonly stopping: StopProgress | null;
  /** What was left out, see `withheldFields`; absent where nothing was. */
  readonly withheld?: readonly string[];
}

/** A run as those see it who may see no more than its status: no words, no paths, no names, no commands. */
export function withoutPrivate<Report extends RunAndFacts>(report: Report): Report {
  const { run, health, heartbeat } = report;
  return {
    ...report,
    run: {
      ...run,
      workflow: {
        ...run.workflow,
        description: null,
        command: [],
        env: {},
        include: [],
        setup: null,
        teardown: null,
      },
      message: '',
      reason: withoutWords(run.reason),
      sessionId: null,
      repository: '',
      worktree: null,
      base: '',
      baseCommit: '',
      owner: '',
      ports: null,
      warnings: [],
      launcher: null,
      stop: null,
      killReport: null,
      process: null,
    },
    health: { ...health, reasons: health.reasons.filter(({ code }) => code !== 'waiting') },
    lastLine: null,
    heartbeat: heartbeat === null ? null : { ...heartbeat, message: null },
    stopping: null,
    withheld: withheldFields,
  };
}

/** What the system says of an end is no secret; what people and tools say may be one. */
function withoutWords(reason: RunReason | null): RunReason | null {
  switch (reason?.code) {
    case 'exit_code':
    case 'signal':
    case 'lost':
    case 'lost_in_reboot':
    case 'launch_interrupted':
    case 'dependency_ended':
      return reason;
    default:
      return null;
  }
}
