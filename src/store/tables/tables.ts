import { noticeOfChange } from '../../core/notice.ts';
import type { Run } from '../../core/run.ts';
import { isTerminal } from '../../core/run-status.ts';
import type { RunRecords } from '../run-records.ts';
import { AuditTable } from './audit-table.ts';
import { ChangeCounters } from './change-counters.ts';
import { CheckpointTable } from './checkpoint-table.ts';
import { DiskUsageTable } from './disk-usage-table.ts';
import { KeyTable } from './key-table.ts';
import { LeaseTable } from './lease-table.ts';
import { NoticeTable } from './notice-table.ts';
import { PassTable } from './pass-table.ts';
import { PermissionRequestTable } from './permission-request-table.ts';
import { ProcessTable } from './process-table.ts';
import { RunTable } from './run-table.ts';
import { SampleTable } from './sample-table.ts';
import type { Statements } from './statements.ts';

/** All tables of a database, and what is written into several of them together. */
export class Tables {
  readonly audit: AuditTable;
  readonly changes: ChangeCounters;
  readonly checkpoints: CheckpointTable;
  readonly diskUsages: DiskUsageTable;
  readonly keys: KeyTable;
  readonly lease: LeaseTable;
  readonly notices: NoticeTable;
  readonly passes: PassTable;
  readonly processes: ProcessTable;
  readonly requests: PermissionRequestTable;
  readonly runs: RunTable;
  readonly samples: SampleTable;
  readonly #records: RunRecords;
  readonly #now: () => number;

  /** @param now epoch milliseconds */
  constructor(statement: Statements, records: RunRecords, now: () => number) {
    this.audit = new AuditTable(statement);
    this.changes = new ChangeCounters(statement);
    this.checkpoints = new CheckpointTable(statement);
    this.diskUsages = new DiskUsageTable(statement);
    this.keys = new KeyTable(statement);
    this.lease = new LeaseTable(statement);
    this.notices = new NoticeTable(statement);
    this.passes = new PassTable(statement);
    this.processes = new ProcessTable(statement);
    this.requests = new PermissionRequestTable(statement);
    this.runs = new RunTable(statement);
    this.samples = new SampleTable(statement);
    this.#records = records;
    this.#now = now;
  }

  /** The whole run, here and in its folder. Within a transaction. */
  writeRun(run: Run): void {
    this.runs.write(run);
    this.processes.write(run, this.#now());
    this.#records.keep(run);
    if (isTerminal(run.status)) this.processes.forgetAllSeen(run.runId);
  }

  /** The whole run, and what there is to tell of its change. Within a transaction. */
  changeRun(before: Run, after: Run): void {
    this.writeRun(after);
    const notice = noticeOfChange(before, after, this.#now());
    if (notice !== null) this.notices.record(notice);
  }
}
