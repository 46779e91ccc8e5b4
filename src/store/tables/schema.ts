import { runStatuses } from '../../core/run-status.ts';

/**
 * The migrations of the database, in order; `user_version` counts those that were applied. Once released, one is never
 * edited: a change is a new entry, and the tests keep a database of every older version.
 */
export const migrations: readonly string[] = [
  `
CREATE TABLE workflow_runs (
  run_id         TEXT PRIMARY KEY CHECK (length(run_id) = 16 AND run_id GLOB 'run_*'),
  workflow_name  TEXT NOT NULL,
  workflow       TEXT NOT NULL CHECK (json_valid(workflow)),
  status         TEXT NOT NULL CHECK (status IN (${runStatuses.map((status) => `'${status}'`).join(', ')})),
  reason         TEXT CHECK (json_valid(reason)),
  message        TEXT NOT NULL,
  session_id     TEXT,
  created_at     INTEGER NOT NULL,
  started_at     INTEGER,
  ended_at       INTEGER,
  exit_code      INTEGER,
  signal         TEXT,
  repository     TEXT NOT NULL,
  worktree_path  TEXT,
  branch         TEXT,
  base           TEXT NOT NULL,
  base_commit    TEXT NOT NULL,
  persistent     INTEGER NOT NULL CHECK (persistent IN (0, 1)),
  owner          TEXT NOT NULL,
  parent_run_id  TEXT,
  restarted_from TEXT,
  retry_number   INTEGER NOT NULL,
  launcher       TEXT CHECK (json_valid(launcher)),
  stop           TEXT CHECK (json_valid(stop)),
  kill_method    TEXT CHECK (kill_method IN ('graceful', 'forced', 'system')),
  kill_report    TEXT CHECK (json_valid(kill_report)),
  snoozed_until  INTEGER,
  CHECK ((ended_at IS NOT NULL) = (status IN ('completed', 'failed', 'terminated', 'killed'))),
  CHECK ((worktree_path IS NULL) = (branch IS NULL))
) STRICT;

CREATE INDEX runs_by_time ON workflow_runs (created_at DESC, run_id DESC);
CREATE INDEX runs_by_status ON workflow_runs (status, created_at);
CREATE INDEX runs_by_replaced ON workflow_runs (restarted_from);

CREATE TRIGGER terminal_status_is_final BEFORE UPDATE ON workflow_runs
WHEN OLD.status IN ('completed', 'failed', 'terminated', 'killed') AND NEW.status IS NOT OLD.status
BEGIN
  SELECT RAISE(ABORT, 'a terminal status is written once');
END;

CREATE TABLE workflow_processes (
  run_id         TEXT PRIMARY KEY REFERENCES workflow_runs (run_id) ON DELETE CASCADE,
  pid            INTEGER NOT NULL CHECK (pid > 1),
  boot_id        TEXT NOT NULL,
  start_time     TEXT NOT NULL,
  status         TEXT NOT NULL CHECK (status IN ('alive', 'gone')),
  workflow_name  TEXT NOT NULL,
  session_id     TEXT,
  started_at     INTEGER NOT NULL,
  last_heartbeat INTEGER NOT NULL,
  process_info   TEXT NOT NULL CHECK (json_valid(process_info)),
  created_at     INTEGER NOT NULL,
  updated_at     INTEGER NOT NULL
) STRICT;

CREATE TABLE seen_processes (
  run_id   TEXT NOT NULL REFERENCES workflow_runs (run_id) ON DELETE CASCADE,
  identity TEXT NOT NULL,
  PRIMARY KEY (run_id, identity)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_log (
  entry   INTEGER PRIMARY KEY AUTOINCREMENT,
  at      INTEGER NOT NULL,
  run_id  TEXT,
  action  TEXT NOT NULL,
  user    TEXT NOT NULL,
  face    TEXT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('asked', 'done', 'refused', 'failed')),
  why     TEXT,
  facts   TEXT NOT NULL CHECK (json_valid(facts))
) STRICT;

CREATE INDEX audit_by_run ON audit_log (run_id, entry);

CREATE TRIGGER audit_is_not_edited BEFORE UPDATE ON audit_log
BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END;

CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit_log
BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END;

CREATE TABLE supervisors (
  lease     TEXT PRIMARY KEY CHECK (lease = 'watch'),
  holder    TEXT NOT NULL CHECK (json_valid(holder)),
  heartbeat INTEGER NOT NULL
) STRICT;
`,
  // Stages of a kill can be set for each workflow, a stop tells when it began, and a report what became of the rest.
  `
UPDATE workflow_runs SET workflow = json_set(workflow, '$.kill', json('{"wait":30000,"graceful":5000,"forced":5000}'));
UPDATE workflow_runs SET stop = json_set(stop, '$.begunMonotonic', json_extract(stop, '$.decidedMonotonic'), '$.waitedFor', json('[]'))
WHERE stop IS NOT NULL;
UPDATE workflow_runs SET kill_report = json_set(kill_report, '$.stages', json('[]'), '$.waitedFor', json('[]'), '$.interrupted', json('[]'), '$.aftermath', NULL)
WHERE kill_report IS NOT NULL;
`,
  // A window takes the lease from a command; which of the two an older version holds it for is not known.
  `
UPDATE workflow_runs SET stop = json_set(stop, '$.reached', NULL) WHERE stop IS NOT NULL;
ALTER TABLE supervisors ADD COLUMN face TEXT NOT NULL DEFAULT 'vscode'
  CHECK (face IN ('cli', 'vscode', 'http', 'mcp', 'watch'));
`,
  // What is seen of a run tells progress from repaint, and its limits and what is done at each are its workflow's choice.
  `
UPDATE workflow_runs SET workflow = json_set(workflow, '$.onTimeout', 'notify', '$.onLimit', 'notify',
  '$.limits', json('{"memoryBytes":null,"cpuPercent":null,"processes":null}'));
UPDATE workflow_processes SET process_info = json_set(process_info, '$.observation', NULL);
`,
  // A run can be given more time than its workflow's limit.
  `
ALTER TABLE workflow_runs ADD COLUMN extra_minutes REAL NOT NULL DEFAULT 0 CHECK (extra_minutes >= 0);
`,
  // A stop tells when whoever carries it out showed progress last.
  `
UPDATE workflow_runs SET stop = json_set(stop, '$.progressMonotonic', json_extract(stop, '$.decidedMonotonic')) WHERE stop IS NOT NULL;
`,
  // What is to be started in the place of a run outlives whoever ends it.
  `
ALTER TABLE workflow_runs ADD COLUMN follow_up TEXT CHECK (follow_up IN ('restart'));
`,
  // A queued run is started by whoever sees that it is due. Those of an older version belong to their launcher alone.
  `
ALTER TABLE workflow_runs ADD COLUMN queue TEXT CHECK (json_valid(queue));
`,
  // How kills and cleanups went lately is counted again and again; all that it takes of kills is in the index.
  `
CREATE INDEX audit_by_action ON audit_log (action, at, outcome, run_id);
`,
  // What a run uses is told to be near a limit until it is well below.
  `
UPDATE workflow_processes SET process_info = json_set(process_info, '$.observation.near', json('{"memory":false,"processes":false}'))
WHERE json_type(process_info, '$.observation') = 'object';
`,
  // What is told of runs is told once for a run and state, and sent until it has arrived.
  `
CREATE TABLE notices (
  idempotency_key TEXT PRIMARY KEY,
  run_id          TEXT NOT NULL REFERENCES workflow_runs (run_id) ON DELETE CASCADE,
  kind            TEXT NOT NULL,
  at              INTEGER NOT NULL,
  notice          TEXT NOT NULL CHECK (json_valid(notice)),
  holds           INTEGER NOT NULL CHECK (holds IN (0, 1)),
  attempts        INTEGER NOT NULL,
  due_at          INTEGER,
  outcome         TEXT CHECK (outcome IN ('delivered', 'given_up', 'unwanted')),
  settled_at      INTEGER,
  CHECK ((due_at IS NULL) = (outcome IS NOT NULL)),
  CHECK ((due_at IS NULL) = (settled_at IS NOT NULL))
) STRICT;

CREATE UNIQUE INDEX notices_once_for_a_state ON notices (run_id, kind) WHERE holds = 1;
CREATE INDEX notices_due ON notices (due_at) WHERE due_at IS NOT NULL;
`,
  // A queued run may wait for others to complete; the runs that one has started are found by it.
  `
UPDATE workflow_runs SET queue = json_set(queue, '$.after', json('[]')) WHERE queue IS NOT NULL;
CREATE INDEX runs_by_parent ON workflow_runs (parent_run_id) WHERE parent_run_id IS NOT NULL;
`,
  // Setup commands have a time limit, and worktrees are taken down by a command of the workflow.
  `
UPDATE workflow_runs SET workflow = json_set(workflow, '$.setupTimeoutMinutes', 15, '$.teardown', NULL,
  '$.teardownTimeoutSeconds', 60);
`,
  // A run has ports of its own while it is not over.
  `
ALTER TABLE workflow_runs ADD COLUMN ports TEXT CHECK (json_valid(ports));
UPDATE workflow_runs SET workflow = json_set(workflow, '$.ports', 0, '$.portBounds', json('{"first":20000,"last":29999}'));
`,
  // What was odd at the launch of a run is told with it.
  `
ALTER TABLE workflow_runs ADD COLUMN warnings TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(warnings));
`,
  // A run that fails at once, again and again, is not started any more; what may have to be started again is found by it.
  `
ALTER TABLE workflow_runs ADD COLUMN failures_at_once INTEGER NOT NULL DEFAULT 0;
CREATE INDEX runs_unanswered ON workflow_runs (ended_at) WHERE status = 'failed' OR follow_up IS NOT NULL;
`,
  // What each look writes is apart from the rest, in rows as short as they can be: a look at many runs writes them all.
  // The counters tell whether any run has changed, or was looked at, or only the lease was renewed. Samples are for a
  // dashboard, thinned as they age.
  `
CREATE TABLE observations (
  run_id      TEXT PRIMARY KEY REFERENCES workflow_processes (run_id) ON DELETE CASCADE,
  at          INTEGER NOT NULL,
  observation TEXT NOT NULL CHECK (json_valid(observation)),
  marks       TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO observations (run_id, at, observation, marks)
SELECT run_id, last_heartbeat, json_remove(process_info -> '$.observation', '$.known'),
       (SELECT coalesce(group_concat(value, ' '), '') FROM json_each(process_info, '$.observation.known'))
FROM workflow_processes WHERE json_type(process_info, '$.observation') = 'object';
UPDATE workflow_processes SET process_info = json_remove(process_info, '$.observation');

CREATE TABLE changes (
  what    TEXT PRIMARY KEY CHECK (what IN ('runs', 'looks')),
  counter INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO changes (what, counter) VALUES ('runs', 0), ('looks', 0);
CREATE TRIGGER run_is_added AFTER INSERT ON workflow_runs
BEGIN
  UPDATE changes SET counter = counter + 1 WHERE what = 'runs';
END;
CREATE TRIGGER run_is_changed AFTER UPDATE ON workflow_runs
BEGIN
  UPDATE changes SET counter = counter + 1 WHERE what = 'runs';
END;
CREATE TRIGGER run_is_removed AFTER DELETE ON workflow_runs
BEGIN
  UPDATE changes SET counter = counter + 1 WHERE what = 'runs';
END;

CREATE TABLE samples (
  run_id       TEXT NOT NULL REFERENCES workflow_runs (run_id) ON DELETE CASCADE,
  at           INTEGER NOT NULL,
  cpu_percent  REAL NOT NULL,
  memory_bytes INTEGER NOT NULL,
  processes    INTEGER NOT NULL,
  output_bytes INTEGER NOT NULL,
  PRIMARY KEY (run_id, at)
) STRICT, WITHOUT ROWID;
`,
  // A run may go on in the worktree, or from a checkpoint, of the one that it replaces.
  `
ALTER TABLE workflow_runs ADD COLUMN resume TEXT CHECK (json_valid(resume));
`,
  // What is known of the refs of checkpoints, and how often the work of a run is kept.
  `
CREATE TABLE checkpoints (
  run_id    TEXT NOT NULL REFERENCES workflow_runs (run_id) ON DELETE CASCADE,
  number    INTEGER NOT NULL CHECK (number > 0),
  ref       TEXT NOT NULL,
  commit_id TEXT NOT NULL,
  why       TEXT,
  at        INTEGER NOT NULL,
  files     INTEGER,
  operation TEXT,
  PRIMARY KEY (run_id, number)
) STRICT, WITHOUT ROWID;
UPDATE workflow_runs SET workflow = json_set(workflow, '$.checkpointMinutes', NULL);
`,
  // What the worktrees of each repository took on the disk when they were measured last.
  `
CREATE TABLE disk_usage (
  repository TEXT PRIMARY KEY,
  at         INTEGER NOT NULL,
  took_ms    INTEGER NOT NULL,
  bytes      INTEGER NOT NULL,
  worktrees  TEXT NOT NULL CHECK (json_valid(worktrees))
) STRICT, WITHOUT ROWID;
`,
  // Worktrees are removed without being asked for: after the end of a run, where its workflow says so, and once a day.
  `
UPDATE workflow_runs SET workflow = json_set(workflow, '$.cleanup', NULL);
CREATE INDEX runs_to_clean_up ON workflow_runs (ended_at)
WHERE worktree_path IS NOT NULL AND persistent = 0 AND workflow ->> '$.cleanup' IN ('whenClean', 'always');
CREATE INDEX runs_by_end ON workflow_runs (repository, ended_at);
CREATE TABLE kept_worktrees (
  run_id TEXT PRIMARY KEY REFERENCES workflow_runs (run_id) ON DELETE CASCADE,
  at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE passes (
  what TEXT PRIMARY KEY CHECK (what IN ('daily')),
  at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`,
  // Each entry of the audit log is chained to the one before; those that there are get their places in `open-database.ts`.
  // What may be edited is that an entry gets its place, and that its text goes for good.
  `
ALTER TABLE audit_log ADD COLUMN salt TEXT;
ALTER TABLE audit_log ADD COLUMN text_digest TEXT;
ALTER TABLE audit_log ADD COLUMN hash TEXT;
DROP TRIGGER audit_is_not_edited;
CREATE TRIGGER audit_is_not_edited BEFORE UPDATE ON audit_log
WHEN (NEW.entry, NEW.at, NEW.run_id, NEW.action, NEW.face, NEW.outcome)
       IS NOT (OLD.entry, OLD.at, OLD.run_id, OLD.action, OLD.face, OLD.outcome)
  OR NOT CASE
    WHEN OLD.hash IS NULL THEN
      NEW.hash IS NOT NULL AND (NEW.user, NEW.why, NEW.facts) IS (OLD.user, OLD.why, OLD.facts)
    ELSE
      OLD.action <> 'redact' AND (NEW.hash, NEW.text_digest) IS (OLD.hash, OLD.text_digest)
        AND (NEW.salt, NEW.user, NEW.why, NEW.facts) IS (NULL, '', NULL, '{}')
  END
BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END;
`,
  // Keys for scripts and other machines, of which only a digest is kept; and what runs ask people for. A window is told of
  // what is asked for as of a change of a run.
  `
CREATE TABLE api_keys (
  id           TEXT PRIMARY KEY,
  name         TEXT NOT NULL,
  standing     TEXT NOT NULL CHECK (json_valid(standing)),
  salt         TEXT NOT NULL,
  digest       TEXT NOT NULL,
  created_by   TEXT NOT NULL,
  created_at   INTEGER NOT NULL,
  last_used_at INTEGER,
  revoked_at   INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE permission_requests (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  run_id      TEXT NOT NULL REFERENCES workflow_runs (run_id) ON DELETE CASCADE,
  asked_by    TEXT NOT NULL,
  force       INTEGER NOT NULL CHECK (force IN (0, 1)),
  why         TEXT,
  asked_at    INTEGER NOT NULL,
  state       TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'approved', 'denied', 'expired')),
  answered_at INTEGER,
  answered_by TEXT,
  CHECK ((state = 'open') = (answered_at IS NULL))
) STRICT;
CREATE UNIQUE INDEX requests_asked_once ON permission_requests (run_id, asked_by) WHERE state = 'open';
CREATE TRIGGER request_is_added AFTER INSERT ON permission_requests
BEGIN
  UPDATE changes SET counter = counter + 1 WHERE what = 'runs';
END;
CREATE TRIGGER request_is_changed AFTER UPDATE ON permission_requests
BEGIN
  UPDATE changes SET counter = counter + 1 WHERE what = 'runs';
END;
`,
  // A person can kill a run that has failed for good: it is not started again.
  `
ALTER TABLE workflow_runs ADD COLUMN retry_cancelled INTEGER NOT NULL DEFAULT 0 CHECK (retry_cancelled IN (0, 1));
`,
];
