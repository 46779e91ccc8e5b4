import type { RunId } from './run-id.ts';
import type { Translate } from './translate.ts';

/** Something that is not as it was written: in the database, in `audit.jsonl`, or by what was remembered of them. */
export interface AuditProblem {
  readonly where: 'database' | 'file';
  /**
   * `missing`: entries from `entry` to `last` are not there. `edited`: an entry's text is not what was written. `broken`:
   * something else of it, or of the one before, is not. `out_of_order` and `unreadable`: lines of the file. `not_chained`:
   * no version of ours wrote it. `differs`: the file and the database hold different ones. `not_redacted`: the text was
   * removed from the other only. `redacted`: it was removed, and no entry says so. `not_remembered`: another entry is
   * remembered under that number, by the folder of `runId`, or by `audit.head` when that is null.
   */
  readonly kind:
    | 'missing'
    | 'edited'
    | 'broken'
    | 'out_of_order'
    | 'unreadable'
    | 'not_chained'
    | 'differs'
    | 'not_redacted'
    | 'redacted'
    | 'not_remembered'
    | 'head_missing';
  /** Number of the entry; of an unreadable line, of the entry that was expected there. */
  readonly entry: number;
  readonly last: number;
  readonly runId: RunId | null;
}

export interface AuditVerification {
  /** Of the database. */
  readonly entries: number;
  readonly problems: readonly AuditProblem[];
  /** There are more, which are not listed. */
  readonly isCut: boolean;
}

/** What is wrong and where, on one line. */
export function describeAuditProblem({ where, kind, entry, last, runId }: AuditProblem, translate: Translate): string {
  const place = where === 'file' ? 'audit.jsonl' : translate('the database');
  switch (kind) {
    case 'missing':
      return entry === last
        ? translate('Entry {0} is missing in {1}.', entry, place)
        : translate('Entries {0} to {1} are missing in {2}.', entry, last, place);
    case 'edited':
      return translate('The text of entry {0} was changed in {1}.', entry, place);
    case 'broken':
      return translate('Entry {0}, or the one before it, was changed in {1}.', entry, place);
    case 'out_of_order':
      return translate('Entry {0} is not in its place in {1}.', entry, place);
    case 'unreadable':
      return translate('A line of {1} cannot be read where entry {0} was expected.', entry, place);
    case 'not_chained':
      return translate('Entry {0} in {1} has no hash: it was not written by Workflow Warden.', entry, place);
    case 'differs':
      return translate('Entry {0} is another one in audit.jsonl than in the database.', entry);
    case 'not_redacted':
      return translate('The text of entry {0} was removed elsewhere, and is still in {1}.', entry, place);
    case 'redacted':
      return translate('The text of entry {0} was removed from {1}, and no entry says who did it.', entry, place);
    case 'not_remembered':
      return runId === null
        ? translate('Entry {0} in {1} is not the one that audit.head remembers.', entry, place)
        : translate('Entry {0} in {1} is not the one that the folder of {2} remembers.', entry, place, runId);
    case 'head_missing':
      return translate('audit.head is missing or cannot be read.');
  }
}
