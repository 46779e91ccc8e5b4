import type { ErrorFacts } from './errors.ts';
import type { Translate } from './translate.ts';

/** What became of a database that was lost, and what is missing from now on. */
export function describeRebuilt(facts: ErrorFacts['database_rebuilt'], translate: Translate): string {
  return [originWords(facts, translate), ...lostWords(facts, translate)].join(' ');
}

function originWords({ path, runs, setAside, backup }: ErrorFacts['database_rebuilt'], translate: Translate): string {
  if (backup === null) {
    return setAside === null
      ? translate('The database {0} was gone. It was made anew from {1} run folders.', path, runs)
      : translate(
          'The database {0} was damaged. It was made anew from {1} run folders; the old one is {2}.',
          path,
          runs,
          setAside,
        );
  }
  return setAside === null
    ? translate(
        'The database {0} was gone. It was restored from {1} and brought up to date from {2} run folders.',
        path,
        backup,
        runs,
      )
    : translate(
        'The database {0} was damaged. It was restored from {1} and brought up to date from {2} run folders; the old one is {3}.',
        path,
        backup,
        runs,
        setAside,
      );
}

function lostWords(
  { missingEntries, refusedKeys }: ErrorFacts['database_rebuilt'],
  translate: Translate,
): readonly string[] {
  return [
    ...(missingEntries === 0 ? [] : [translate('Entries of the audit log that are lost: {0}.', missingEntries)]),
    ...(refusedKeys === 0
      ? []
      : [
          translate(
            'Keys that are refused from now on, since it is not certain that they were not revoked: {0}. Make new ones.',
            refusedKeys,
          ),
        ]),
  ];
}
