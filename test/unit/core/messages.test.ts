import { describe, expect, it } from 'vitest';
import type { Aftermath } from '../../../src/core/aftermath.ts';
import { type ErrorCode, type ErrorFacts, WardenError } from '../../../src/core/errors.ts';
import type { HealthReason } from '../../../src/core/health.ts';
import type { KillReport } from '../../../src/core/kill-report.ts';
import {
  describeAftermath,
  describeError,
  describeHealthReason,
  describeKeepReason,
  describeKill,
  describeRunReason,
  plainEnglish,
  type Translate,
} from '../../../src/core/messages.ts';
import type { KeepReason } from '../../../src/core/removal.ts';
import type { RunReason } from '../../../src/core/run.ts';
import { runId } from './a-process.ts';
import { killedAt } from './a-run.ts';

const problem = { file: 'w.json', line: 3, column: 5 };

/** Facts of each error and the words that they make; a new code has to be added here. */
const errors: { readonly [Code in ErrorCode]: readonly (readonly [ErrorFacts[Code], string])[] } = {
  not_a_repository: [
    [{ path: '/tmp/x' }, '/tmp/x is not in a git repository. Open a repository, or make one with "git init".'],
  ],
  bare_repository: [
    [
      { path: '/x.git' },
      '/x.git is a bare repository, which has no files to work on. Use a clone of it that has a checkout.',
    ],
  ],
  repository_of_another: [
    [
      { path: '/x', command: 'git config --global --add safe.directory /x' },
      '/x belongs to another user, so git does not work in it. If you trust what is in it, tell git so: git config --global --add safe.directory /x',
    ],
  ],
  unusable_repository: [
    [
      { path: '/x', detail: 'fatal: bad config line 1 in file .git/config' },
      'The repository of /x cannot be worked in. Put it right, then try again: fatal: bad config line 1 in file .git/config',
    ],
  ],
  repository_without_commit: [
    [{ path: '/x' }, '/x has no commit yet, so there is nothing to start from. Make a first commit.'],
  ],
  git_not_found: [[{ detail: 'ENOENT' }, 'Git could not be started (ENOENT). Install it, or put it on the PATH.']],
  no_free_ports: [
    [
      { count: 1, first: 20_000, last: 29_999 },
      'No port from 20000 to 29999 is free. End runs, or set another "portRange" in workflows.json.',
    ],
    [
      { count: 3, first: 20_000, last: 29_999 },
      'No 3 ports in a row from 20000 to 29999 are free. End runs, or set another "portRange" in workflows.json.',
    ],
  ],
  base_not_found: [
    [
      { base: 'mian', repository: '/x' },
      'There is no commit or branch "mian" in /x. Check its spelling, or fetch it first.',
    ],
  ],
  no_workflows: [
    [
      { paths: ['/x/.vscode/workflows.json', '/s/workflows.json'] },
      'No workflows are defined. Write them in .vscode/workflows.json at the top of the repository; looked for: /x/.vscode/workflows.json, /s/workflows.json.',
    ],
  ],
  invalid_workflows: [
    [
      {
        problems: [
          { ...problem, key: 'workflows.builder.comand', problem: 'unknown key' },
          { ...problem, line: 9, key: '', problem: 'not valid JSON: value expected' },
        ],
      },
      'w.json:3:5: workflows.builder.comand: unknown key\nw.json:9:5: not valid JSON: value expected',
    ],
  ],
  unknown_workflow: [
    [
      { name: 'buidler', nearest: ['builder'], known: ['builder', 'lina'] },
      'There is no workflow "buidler". Did you mean builder?',
    ],
    [
      { name: 'deploy', nearest: [], known: ['builder', 'lina'] },
      'There is no workflow "deploy". Defined are: builder, lina.',
    ],
    [
      { name: 'deploy', nearest: [], known: [] },
      'There is no workflow "deploy": none is defined in .vscode/workflows.json.',
    ],
  ],
  unknown_run: [
    [{ runId: 'run_1', nearest: [runId] }, 'There is no run "run_1". Did you mean run_010203040506?'],
    [{ runId: 'run_1', nearest: [] }, 'There is no run "run_1". Look for it in the list of runs.'],
  ],
  invalid_argument: [
    [
      { argument: '--limit', value: 'many', expected: 'a whole number' },
      '"many" is not valid for --limit. Expected: a whole number.',
    ],
  ],
  command_not_found: [
    [{ command: 'cluade' }, 'The program "cluade" was not found. Check its spelling, or put it on the PATH.'],
  ],
  worktree_path_taken: [
    [
      { path: '/x.worktrees/builder-1' },
      '/x.worktrees/builder-1 is already there, so no worktree can be made in its place. Move or remove it, then try again.',
    ],
  ],
  branch_taken: [
    [{ branch: 'warden/b/1' }, 'There already is a branch "warden/b/1". Rename or delete it, then try again.'],
  ],
  launch_failed: [
    [
      { runId, step: 'setup', detail: 'npm ci ended with exit code 1' },
      'run_010203040506 did not start: its setup command failed (npm ci ended with exit code 1). What it had made so far was removed again.',
    ],
  ],
  git_failed: [
    [{ operation: 'worktree add', detail: 'fatal: no space' }, 'Git failed (worktree add): fatal: no space'],
  ],
  no_worktree: [
    [{ runId }, 'run_010203040506 has no worktree any more. Its branch or a checkpoint may still hold the work.'],
  ],
  worktree_occupied: [
    [{ path: '/x', pid: 7, name: 'vim' }, 'vim (pid 7) works in /x, so no run is started there. End it first.'],
  ],
  no_checkpoint: [
    [
      { runId: 'run_1', number: null, known: [] },
      'run_1 has no checkpoint. One is taken where there is work that its branch does not hold; look at its branch.',
    ],
    [{ runId: 'run_1', number: 3, known: [1, 2] }, 'run_1 has no checkpoint 3. It has: 1, 2.'],
  ],
  run_is_over: [
    [{ runId, status: 'completed' }, 'run_010203040506 is already over (completed).'],
    [
      { runId, status: 'failed', replacedBy: 'run_0a0b0c0d0e0f' },
      'run_010203040506 is already over (failed), and run_0a0b0c0d0e0f was started in its place.',
    ],
  ],
  retry_cancelled: [[{ runId }, 'run_010203040506 is not started again: somebody has killed it.']],
  run_not_running: [[{ runId, status: 'killed' }, 'run_010203040506 is not running (killed).']],
  run_is_ending: [[{ runId }, 'run_010203040506 is being ended already, so it gets no more time.']],
  run_not_over: [
    [{ runId, status: 'running' }, 'run_010203040506 is not over yet (running). Kill it first, or wait for its end.'],
  ],
  survivors: [
    [
      { runId, survivors: 1 },
      'run_010203040506 is still running: one process survived the kill. It is tried again; the report names it.',
    ],
    [
      { runId, survivors: 2 },
      'run_010203040506 is still running: 2 processes survived the kill. It is tried again; the report names them.',
    ],
  ],
  not_proved_gone: [
    [{ runId }, 'Processes of run_010203040506 are still alive, so nothing more was done. Kill it first.'],
  ],
  launcher_stopped: [
    [
      { runId, pid: 7, survivors: 0 },
      'run_010203040506 will not start, and nothing of it runs. What was made for it goes when pid 7, which was starting it and is stopped, goes on or ends.',
    ],
    [
      { runId, pid: null, survivors: 2 },
      'run_010203040506 will not start, but 2 of its processes could not be ended. Pid ?, which was starting it, is stopped.',
    ],
  ],
  out_of_sight: [
    [
      { runId },
      'run_010203040506 runs in another container or sandbox, and nothing of it can be seen from here. Try it there.',
    ],
  ],
  already_replaced: [[{ runId: 'run_1', by: 'run_2' }, 'run_1 was started again already, as run_2.']],
  drill_failed: [
    [
      { runId, output: 'expect 7' },
      `The tree of the drill ${runId} did not come to stand, so nothing was shown. It printed: expect 7`,
    ],
  ],
  disk_full: [[{ path: '/s' }, 'The disk is full: /s could not be written. Free some space, then try again.']],
  state_folder_not_writable: [
    [
      { path: '/s', detail: 'EROFS' },
      'The state folder /s cannot be written (EROFS). Make it writable, or name another one in WARDEN_STATE_DIR.',
    ],
  ],
  database_newer: [
    [
      { path: '/s/warden.db', found: 9, supported: 2 },
      '/s/warden.db was written by a newer Workflow Warden (version 9; this one knows 2). Update the extension.',
    ],
  ],
  database_damaged: [
    [
      { path: '/s/warden.db', detail: 'malformed' },
      'The database /s/warden.db is damaged (malformed), and could not be made anew. Move it away, then try again.',
    ],
  ],
  database_rebuilt: [
    [
      { path: '/s/warden.db', runs: 3, setAside: null, backup: null, missingEntries: 0, refusedKeys: 0 },
      'The database /s/warden.db was gone. It was made anew from 3 run folders.',
    ],
    [
      {
        path: '/s/warden.db',
        runs: 3,
        setAside: '/s/warden.db.damaged-1',
        backup: null,
        missingEntries: 2,
        refusedKeys: 0,
      },
      'The database /s/warden.db was damaged. It was made anew from 3 run folders; the old one is /s/warden.db.damaged-1. Entries of the audit log that are lost: 2.',
    ],
    [
      { path: '/s/warden.db', runs: 3, setAside: null, backup: '/s/b.db', missingEntries: 0, refusedKeys: 1 },
      'The database /s/warden.db was gone. It was restored from /s/b.db and brought up to date from 3 run folders. Keys that are refused from now on, since it is not certain that they were not revoked: 1. Make new ones.',
    ],
    [
      {
        path: '/s/warden.db',
        runs: 3,
        setAside: '/s/warden.db.damaged-1',
        backup: '/s/b.db',
        missingEntries: 0,
        refusedKeys: 0,
      },
      'The database /s/warden.db was damaged. It was restored from /s/b.db and brought up to date from 3 run folders; the old one is /s/warden.db.damaged-1.',
    ],
  ],
  database_busy: [
    [
      { path: '/s/warden.db', waitedMilliseconds: 5_000 },
      'Another process has kept /s/warden.db locked for 5 s. Try again.',
    ],
  ],
  unsupported_runtime: [
    [
      { napi: '9', node: '20.1.0' },
      'Node 20.1.0 is too old: it offers Node-API 9, and the database needs 10. Use Node 24, or update VS Code.',
    ],
  ],
  untrusted_workspace: [
    [{ folder: '/x' }, '/x is not trusted, so nothing is started in it. Trust the workspace first.'],
  ],
  confirmation_needed: [
    [
      { work: 'remove', paths: ['/w/1'] },
      'One worktree would be removed: say yes to it with --yes, or only look with --dry-run.',
    ],
    [
      { work: 'remove', paths: ['/w/1', '/w/2'] },
      '2 worktrees would be removed: say yes to it with --yes, or only look with --dry-run.',
    ],
    [
      { work: 'repair', paths: ['/w/1'] },
      'One thing would be repaired: say yes to it with --yes, or only look without --repair.',
    ],
    [
      { work: 'repair', paths: ['/w/1', '4711'] },
      '2 things would be repaired: say yes to it with --yes, or only look without --repair.',
    ],
  ],
  not_in_a_run: [
    [
      { runDirectory: null, runId: null },
      'This is not in a run (WARDEN_RUN_ID and WARDEN_RUN_DIR are not set), and only a run can say that of itself.',
    ],
    [
      { runDirectory: '/state/runs/run_1', runId: null },
      'The folder of the run, /state/runs/run_1, is not there, so nobody would learn of this.',
    ],
    [{ runDirectory: null, runId }, 'WARDEN_RUN_ID is run_010203040506, and there is no such run.'],
  ],
  not_permitted: [
    [
      { permission: 'kill', role: 'run', refusal: 'itself', runId, mayAsk: true },
      '"kill" is not permitted: a run does not decide upon itself; it ends when its command does. Ask a person to do it: warden kill run_010203040506 --ask --reason TEXT',
    ],
    [
      { permission: 'cleanup', role: 'read_only', refusal: 'may_only_read', runId: null, mayAsk: false },
      '"cleanup" is not permitted: this key may only read. Use one of another role.',
    ],
  ],
  unknown_key: [[{ id: '0123' }, 'There is no key "0123", or it is revoked. See "warden key list".']],
  unknown_request: [[{ id: 7 }, 'There is no request 7. See "warden requests".']],
  request_is_answered: [[{ id: 7, state: 'denied' }, 'Request 7 is not open any more (denied).']],
  cannot_look_at_processes: [
    [
      { detail: 'EACCES' },
      'The processes of this machine cannot be seen (EACCES), so nothing can be proved to have ended.',
    ],
  ],
  invalid_webhook: [
    [
      { path: null, problem: 'not_https' },
      'The URL of a webhook begins with https:// (http:// only for this machine).',
    ],
    [{ path: '/s/webhook.json', problem: 'not_json' }, '/s/webhook.json: This is not JSON with the URL of a webhook.'],
  ],
  cannot_listen: [
    [
      { place: '127.0.0.1:80', detail: 'listen EACCES' },
      'Requests cannot be taken at 127.0.0.1:80 (listen EACCES). Name another port or socket.',
    ],
  ],
  no_webhook: [[{}, 'No webhook is set. Set one with "warden webhook set".']],
  notice_given_up: [
    [
      { host: 'hooks.slack.com' },
      'The webhook at hooks.slack.com could not be told of this for a day, so it is not told any more.',
    ],
  ],
  webhook_failed: [
    [
      { host: 'hooks.slack.com', status: 500, detail: '', isTriedAgain: true },
      'The webhook at hooks.slack.com answered 500. It is tried again, for a day.',
    ],
    [
      { host: 'hooks.slack.com', status: null, detail: 'ECONNREFUSED', isTriedAgain: false },
      'The webhook at hooks.slack.com did not answer (ECONNREFUSED).',
    ],
  ],
};

describe('an error says what is wrong and what to do', () => {
  const table = Object.entries(errors).flatMap(([code, examples]) =>
    examples.map(([facts, words]) => [code as ErrorCode, facts, words] as const),
  );

  it.each(table)('%s', (code, facts, words) => {
    expect(describeError(new WardenError(code, facts), plainEnglish)).toBe(words);
  });
});

describe('why a run is where it is', () => {
  it.each<[RunReason, string]>([
    [{ code: 'killed', by: 'dev', why: null }, 'killed by dev'],
    [{ code: 'killed', by: 'dev', why: 'it hangs' }, 'killed by dev: it hangs'],
    [{ code: 'killed', by: 'dev', why: 'running for 1 h', atLimit: true }, 'ended by Warden: running for 1 h'],
    [{ code: 'cancelled', by: 'dev', why: null }, 'cancelled by dev before it started'],
    [{ code: 'exit_code', exitCode: 3 }, 'the command ended with exit code 3'],
    [{ code: 'signal', signal: 'SIGSEGV' }, 'the command was ended by SIGSEGV'],
    [{ code: 'lost' }, 'it vanished: no process is left and no exit code was recorded'],
    [{ code: 'lost_in_reboot' }, 'the machine was restarted while it ran'],
    [{ code: 'completed_by_hand', by: 'dev', why: 'done' }, 'declared over by dev: done'],
    [{ code: 'launch_failed', step: 'queue', detail: 'x' }, 'it could not wait for its turn (x)'],
    [{ code: 'launch_failed', step: 'worktree', detail: 'x' }, 'its worktree could not be made (x)'],
    [{ code: 'launch_failed', step: 'include', detail: 'x' }, 'files could not be copied into its worktree (x)'],
    [
      { code: 'launch_failed', step: 'checkpoint', detail: 'x' },
      'what the run before it had saved could not be handed to it (x)',
    ],
    [{ code: 'launch_failed', step: 'setup', detail: 'x' }, 'its setup command failed (x)'],
    [{ code: 'launch_failed', step: 'start', detail: 'x' }, 'its command could not be started (x)'],
    [
      { code: 'dependency_ended', runId, status: 'failed' },
      'cancelled, since run_010203040506, which it waited for, is failed',
    ],
    [
      { code: 'dependency_ended', runId, status: null },
      'cancelled, since nothing is known any more of run_010203040506, which it waited for',
    ],
    [{ code: 'launch_interrupted' }, 'whoever was starting it went away'],
  ])('%j', (reason, words) => {
    expect(describeRunReason(reason, plainEnglish)).toBe(words);
  });
});

describe('what speaks against the health of a run', () => {
  it.each<[HealthReason, string]>([
    [{ code: 'quiet', minutes: 6.5, limitMinutes: 5 }, 'no output for 6 min 30 s and no CPU used; limit 5 min'],
    [{ code: 'no_sign_of_life', minutes: 31, limitMinutes: 30 }, 'no output since it started 31 min ago; limit 30 min'],
    [
      { code: 'repeats', minutes: 6, limitMinutes: 5, cpuPercent: null },
      'nothing new in its output for 6 min, only the same again, and no CPU used; limit 5 min',
    ],
    [
      { code: 'repeats', minutes: 6, limitMinutes: 5, cpuPercent: 14.6 },
      'nothing new in its output for 6 min, only the same again, and no CPU used but 15 % of a core for that; limit 5 min',
    ],
    [{ code: 'waiting', minutes: 2, question: 'Proceed? [y/N]' }, 'waiting for a person for 2 min: Proceed? [y/N]'],
    [{ code: 'heartbeat_stale', minutes: 7, limitMinutes: 5 }, 'no heartbeat for 7 min; limit 5 min'],
    [{ code: 'memory', bytes: 2_100_000_000, limitBytes: 2_000_000_000 }, '2.1 GB of memory; limit 2 GB'],
    [{ code: 'cpu', percent: 312.4, limitPercent: 300 }, '312 % of a core; limit 300 %'],
    [{ code: 'processes', count: 300, limit: 200 }, '300 processes; limit 200'],
    [{ code: 'over_time', minutes: 125, limitMinutes: 0.5 }, 'running for 2 h 5 min; limit 30 s'],
    [{ code: 'survivors', count: 1 }, 'one process survived the kill'],
    [{ code: 'survivors', count: 2 }, '2 processes survived the kill'],
    [{ code: 'not_watched', minutes: 5 }, 'nobody has looked at it for 5 min'],
  ])('%j', (reason, words) => {
    expect(describeHealthReason(reason, plainEnglish)).toBe(words);
  });
});

describe('why a worktree stays', () => {
  it.each<[KeepReason, string]>([
    [{ code: 'active', status: 'running' }, 'its run is not over (running)'],
    [{ code: 'persistent' }, 'it is marked persistent'],
    [{ code: 'unknown_run' }, 'its run is not in the database'],
    [{ code: 'unknown_state' }, 'git could not tell what is in it'],
    [{ code: 'locked', reason: 'on a USB stick' }, 'it is locked: on a USB stick'],
    [{ code: 'locked', reason: '' }, 'it is locked'],
    [{ code: 'occupied', pid: 12, name: 'vim' }, 'process 12 (vim) works in it'],
    [{ code: 'dirty', files: 1 }, 'one file is not committed'],
    [{ code: 'dirty', files: 3 }, '3 files are not committed'],
    [{ code: 'operation', operation: 'rebase' }, 'git is busy in it (rebase)'],
    [{ code: 'restored_lately', hours: 2, maxAgeHours: 48 }, 'it was restored 2 h ago (kept for 2 d)'],
    [{ code: 'too_young', hours: 1.5, maxAgeHours: 48 }, 'its run ended 1 h 30 min ago (kept for 2 d)'],
    [{ code: 'failed', detail: 'EBUSY' }, 'it could not be removed: EBUSY'],
  ])('%j', (reason, words) => {
    expect(describeKeepReason(reason, plainEnglish)).toBe(words);
  });
});

describe('how a kill went', () => {
  const report: KillReport = {
    runId,
    workflowName: 'builder',
    success: true,
    killedAt,
    method: 'graceful',
    durationMilliseconds: 1_250,
    processes: 2,
    signals: [],
    survivors: [],
    stages: [],
    waitedFor: [],
    interrupted: [],
    aftermath: null,
    sessionUpdated: true,
    auditLogged: true,
  };
  const commit = { kind: 'git', operation: 'commit', pid: 4711 } as const;
  const publish = { kind: 'declared', name: 'npm publish', pid: null } as const;
  const notPermitted = { pid: 12, name: 'sshd', reason: 'EPERM' } as const;

  it.each<[Partial<KillReport>, string]>([
    [{}, 'Workflow builder gracefully terminated in 1.25s'],
    // It had ended when it was looked at.
    [{ processes: 0 }, 'Workflow builder gracefully terminated in 1.25s'],
    [{ durationMilliseconds: 41.73 }, 'Workflow builder gracefully terminated in 0.04s'],
    [{ method: 'forced', durationMilliseconds: 5_020 }, 'Workflow builder terminated by force in 5.02s'],
    [{ method: 'system', durationMilliseconds: 10_030 }, 'Workflow builder had to be killed by the system, in 10.03s'],
    [
      { success: false, survivors: [notPermitted] },
      'Workflow builder is still running: one process survived: pid 12 (sshd): not permitted',
    ],
    [
      {
        success: false,
        survivors: [
          notPermitted,
          { pid: 13, name: 'nfs', reason: 'uninterruptible' },
          { pid: 14, name: 'x', reason: 'alive' },
        ],
      },
      'Workflow builder is still running: 3 processes survived: pid 12 (sshd): not permitted, pid 13 (nfs): waits for a device, pid 14 (x): still alive',
    ],
    [{ success: false }, 'Workflow builder is not proved to have ended'],
    [{ cancelled: 'launch' }, 'Workflow builder was cancelled before it started'],
    [{ cancelled: 'retry' }, 'Workflow builder had ended by itself, and is not started again'],
    [
      { waitedFor: [commit, publish] },
      'Workflow builder gracefully terminated in 1.25s, after waiting for git commit (pid 4711), npm publish',
    ],
    [
      { waitedFor: [commit, publish], interrupted: [publish] },
      'Workflow builder gracefully terminated in 1.25s, after waiting for git commit (pid 4711), while npm publish was under way',
    ],
    [
      { method: 'system', interrupted: [commit] },
      'Workflow builder had to be killed by the system, in 1.25s, while git commit (pid 4711) was under way',
    ],
  ])('%j', (some, words) => {
    expect(describeKill({ ...report, ...some }, plainEnglish)).toBe(words);
  });
});

describe('what a kill left', () => {
  const nothing: Aftermath = {
    locksRemoved: [],
    temporaryFiles: { files: 0, bytes: 0, complete: true },
    ports: [{ port: 3000, protocol: 'tcp', state: 'free', holder: null }],
    repository: { state: 'usable', operation: null },
    durationMilliseconds: 3,
  };
  const taken = { port: 3000, protocol: 'tcp', state: 'taken' } as const;

  it.each<[Partial<Aftermath>, string[]]>([
    [{}, []],
    [{ temporaryFiles: null, repository: { state: 'unknown', detail: null } }, []],
    [{ repository: { state: 'unknown', detail: 'x' } }, ['whether git can go on in its worktree is not known: x']],
    [
      { shortages: [{ of: 'disk', path: '/state', freeBytes: 1_000_000 }] },
      ['the disk of /state is nearly full: 1 MB free'],
    ],
    [{ repository: { state: 'usable', operation: 'rebase' } }, ['a rebase is under way in its worktree']],
    [
      { repository: { state: 'damaged', detail: "fatal: bad revision 'HEAD'" } },
      ["git cannot go on in its worktree: fatal: bad revision 'HEAD'"],
    ],
    [
      {
        ports: [
          { ...taken, holder: { pid: 7, name: 'node' } },
          { ...taken, protocol: 'udp', holder: null },
          { ...taken, port: 80, state: 'unknown', holder: null },
        ],
      },
      [
        'port 3000 is held by node (pid 7)',
        'port 3000/udp is held by a process that cannot be looked at',
        'whether port 80 is free is not known',
      ],
    ],
    [
      { locksRemoved: ['a', 'b'], temporaryFiles: { files: 14, bytes: 3_000_000, complete: true } },
      ['removed 2 locks of git, 14 temporary files (3 MB)'],
    ],
    [
      { locksRemoved: ['a'], temporaryFiles: { files: 1, bytes: 512, complete: false } },
      ['removed one lock of git, one temporary file (512 B)', 'not all of its temporary files are removed yet'],
    ],
  ])('%j', (some, lines) => {
    expect(describeAftermath({ ...nothing, ...some }, plainEnglish)).toEqual(lines);
  });
});

describe('a translation', () => {
  const shouting: Translate = (template, ...values) => plainEnglish(template.toUpperCase(), ...values);

  it('reaches every word, and no value', () => {
    const error = new WardenError('launch_failed', { runId, step: 'setup', detail: 'npm' });
    expect(describeError(error, shouting)).toBe(
      'run_010203040506 DID NOT START: ITS SETUP COMMAND FAILED (npm). WHAT IT HAD MADE SO FAR WAS REMOVED AGAIN.',
    );
    expect(describeHealthReason({ code: 'quiet', minutes: 6, limitMinutes: 5 }, shouting)).toBe(
      'NO OUTPUT FOR 6 MIN AND NO CPU USED; LIMIT 5 MIN',
    );
  });

  it('never reads a value as a template, or as a pattern', () => {
    expect(plainEnglish('{0} and {1}', '{1} $& $1', 'x')).toBe('{1} $& $1 and x');
  });

  it('leaves a placeholder that got no value to be seen', () => {
    expect(plainEnglish('{0} of {1}', 1)).toBe('1 of {1}');
  });
});
