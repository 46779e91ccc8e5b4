import { describe, expect, it } from 'vitest';
import { WardenError } from '../../../src/core/errors.ts';
import { healthy } from '../../../src/core/health.ts';
import { cleanupJson, errorJson, killReportJson, runJson } from '../../../src/core/run-json.ts';
import { otherRunId, runId } from './a-process.ts';
import { aRun, killedAt } from './a-run.ts';

/** Golden text: the names, their order and the form of the values are what scripts rely on. */
function printed(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

describe('a run as JSON', () => {
  it('is what the design says while it runs', () => {
    const health = {
      level: 'warning',
      reasons: [{ code: 'quiet', minutes: 4, limitMinutes: 5, level: 'warning' }],
      isWaiting: false,
      action: 'none',
    } as const;
    expect(
      printed(
        runJson(aRun(), {
          health,
          lastOutputAt: killedAt - 2_000,
          lastLine: 'ok',
          heartbeat: null,
          queueWait: null,
          replacedBy: null,
          retry: null,
        }),
      ),
    ).toBe(
      `{
  "run_id": "run_010203040506",
  "workflow_name": "builder",
  "status": "running",
  "reason": null,
  "message": "Fix the tests",
  "pid": 4243,
  "session_id": null,
  "created_at": "2025-06-16T13:32:04.120Z",
  "started_at": "2025-06-16T13:32:06.120Z",
  "ended_at": null,
  "exit_code": null,
  "signal": null,
  "repository": "/home/dev/shop",
  "worktree_path": "/home/dev/shop.worktrees/builder-010203040506",
  "branch": "warden/builder/010203040506",
  "base_commit": "c0ffee",
  "persistent": false,
  "owner": "dev",
  "parent_run_id": null,
  "restarted_from": null,
  "kill_method": null,
  "ports": null,
  "warnings": [],
  "time_limit_minutes": 60,
  "extra_minutes": 0,
  "last_heartbeat": "2025-06-16T13:33:05.120Z",
  "heartbeat": null,
  "last_output_at": "2025-06-16T13:33:04.120Z",
  "last_line": "ok",
  "health": {
    "level": "warning",
    "reasons": [
      "no output for 4 min and no CPU used; limit 5 min"
    ]
  },
  "queue_place": null,
  "after": [],
  "attempt": 1,
  "replaced_by": null,
  "retry": null
}`,
    );
  });

  it('says null for everything that is not there yet', () => {
    const pending = aRun({ status: 'pending', startedAt: null, worktree: null, process: null });
    expect(
      runJson(pending, {
        health: healthy,
        lastOutputAt: null,
        lastLine: null,
        heartbeat: null,
        queueWait: null,
        replacedBy: null,
        retry: null,
      }),
    ).toMatchObject({
      pid: null,
      started_at: null,
      worktree_path: null,
      branch: null,
      last_heartbeat: null,
      last_output_at: null,
      last_line: null,
      health: { level: 'healthy', reasons: [] },
    });
  });

  it.each([
    ['the look that found it alive', killedAt - 1_500, '2025-06-16T13:33:05.120Z'],
    ['what the run said itself', killedAt - 500, '2025-06-16T13:33:05.620Z'],
  ])('takes for its last sign of life whatever came last: %s', (_, at, expected) => {
    const heartbeat = { at, message: 'step 3' };
    expect(
      runJson(aRun(), {
        health: healthy,
        lastOutputAt: null,
        lastLine: null,
        heartbeat,
        queueWait: null,
        replacedBy: null,
        retry: null,
      }),
    ).toMatchObject({
      last_heartbeat: expected,
      heartbeat: { at: new Date(at).toISOString(), message: 'step 3' },
    });
  });

  it('says how it ended, and of which run it is', () => {
    const ended = aRun({
      status: 'killed',
      reason: { code: 'killed', by: 'dev', why: 'it hangs' },
      endedAt: killedAt,
      exitCode: 137,
      signal: 'SIGKILL',
      killMethod: 'system',
      parentRunId: otherRunId,
      restartedFrom: otherRunId,
      persistent: true,
    });
    expect(
      runJson(ended, {
        health: healthy,
        lastOutputAt: null,
        lastLine: null,
        heartbeat: null,
        queueWait: null,
        replacedBy: null,
        retry: null,
      }),
    ).toMatchObject({
      status: 'killed',
      reason: 'killed by dev: it hangs',
      ended_at: '2025-06-16T13:33:06.120Z',
      exit_code: 137,
      signal: 'SIGKILL',
      kill_method: 'system',
      parent_run_id: 'run_010203040507',
      restarted_from: 'run_010203040507',
      persistent: true,
    });
  });

  it('speaks the language of the reader', () => {
    const translate = (template: string) => template.toUpperCase();
    const facts = {
      health: healthy,
      lastOutputAt: null,
      lastLine: null,
      heartbeat: null,
      queueWait: null,
      replacedBy: null,
      retry: null,
    };
    expect(runJson(aRun({ reason: { code: 'lost_in_reboot' } }), facts, translate).reason).toBe(
      'THE MACHINE WAS RESTARTED WHILE IT RAN',
    );
  });
});

describe('a kill report as JSON', () => {
  const report = {
    runId,
    workflowName: 'builder',
    success: true,
    killedAt,
    method: 'graceful',
    durationMilliseconds: 1_250.4,
    processes: 2,
    signals: [{ phase: 'graceful', signal: 'SIGTERM', processes: 1 }],
    survivors: [],
    stages: [{ stage: 'graceful', milliseconds: 1250.4 }],
    waitedFor: [],
    interrupted: [],
    aftermath: null,
    sessionUpdated: true,
    auditLogged: true,
  } as const;

  it('is what the design says', () => {
    expect(printed(killReportJson(report))).toBe(
      `{
  "success": true,
  "run_id": "run_010203040506",
  "workflow_name": "builder",
  "killed_at": "2025-06-16T13:33:06.120Z",
  "kill_method": "graceful",
  "kill_duration_ms": 1250,
  "cleanup_status": {
    "session_updated": true,
    "audit_logged": true,
    "process_terminated": true
  },
  "survivors": [],
  "message": "Workflow builder gracefully terminated in 1.25s",
  "signals": [
    {
      "phase": "graceful",
      "signal": "SIGTERM",
      "processes": 1
    }
  ],
  "processes": 2,
  "stages": [
    {
      "stage": "graceful",
      "duration_ms": 1250
    }
  ],
  "waited_for": [],
  "interrupted": [],
  "aftermath": null
}`,
    );
  });

  it('names who survived, and claims no more than was observed', () => {
    const survivors = [{ pid: 12, name: 'sshd', reason: 'EPERM' }] as const;
    expect(
      killReportJson({ ...report, success: false, survivors, sessionUpdated: false, auditLogged: false }),
    ).toMatchObject({
      success: false,
      cleanup_status: { session_updated: false, audit_logged: false, process_terminated: false },
      survivors: [{ pid: 12, name: 'sshd', reason: 'EPERM' }],
      message: 'Workflow builder is still running: one process survived: pid 12 (sshd): not permitted',
    });
  });
});

describe('a cleanup as JSON', () => {
  it('is what the design says, with the reasons in words', () => {
    const report = {
      dryRun: true,
      removed: [
        {
          runId,
          path: '/w/1',
          bytes: 12,
          checkpoint: 'refs/warden/checkpoints/run_010203040506/1',
          branchKept: null,
          teardownFailure: null,
        },
      ],
      kept: [{ runId: otherRunId, path: '/w/2', reasons: [{ code: 'persistent' }, { code: 'dirty', files: 2 }] }],
    } as const;
    expect(printed(cleanupJson(report))).toBe(
      `{
  "dry_run": true,
  "removed": [
    {
      "run_id": "run_010203040506",
      "path": "/w/1",
      "bytes": 12,
      "checkpoint": "refs/warden/checkpoints/run_010203040506/1",
      "branch_kept": null,
      "teardown_failure": null
    }
  ],
  "kept": [
    {
      "run_id": "run_010203040507",
      "path": "/w/2",
      "reasons": [
        "it is marked persistent",
        "2 files are not committed"
      ]
    }
  ]
}`,
    );
  });
});

describe('an error as JSON', () => {
  it('holds its code, its words and its facts', () => {
    expect(errorJson(new WardenError('database_busy', { path: '/s/warden.db', waitedMilliseconds: 5_000 }))).toEqual({
      error: {
        code: 'database_busy',
        message: 'Another process has kept /s/warden.db locked for 5 s. Try again.',
        details: { path: '/s/warden.db', waited_milliseconds: 5_000 },
      },
    });
  });

  it('keeps lists and problems as they are', () => {
    const problems = [{ file: 'w.json', line: 1, column: 1, key: '', problem: 'the file is empty' }];
    expect(errorJson(new WardenError('invalid_workflows', { problems })).error).toEqual({
      code: 'invalid_workflows',
      message: 'w.json:1:1: the file is empty',
      details: { problems },
    });
  });
});
