import type { Aftermath, PortState, RepositoryState } from './aftermath.ts';
import { describeShortage } from './machine.ts';
import { describeBytes } from './quantities.ts';
import type { Translate } from './translate.ts';

/** What of a kill's aftermath is worth telling, one fact a line: first what a person may have to see to. */
export function describeAftermath(aftermath: Aftermath, translate: Translate): readonly string[] {
  return [
    ...repositoryWords(aftermath.repository, translate),
    ...aftermath.ports.flatMap((port) => portWords(port, translate)),
    ...(aftermath.shortages ?? []).map((shortage) => describeShortage(shortage, translate)),
    ...removedWords(aftermath, translate),
  ];
}

function repositoryWords(repository: RepositoryState, translate: Translate): readonly string[] {
  const { state } = repository;
  if (state === 'damaged') return [translate('git cannot go on in its worktree: {0}', repository.detail)];
  if (state === 'usable') {
    return repository.operation === null ? [] : [translate('a {0} is under way in its worktree', repository.operation)];
  }
  if (repository.detail === null) return [];
  return [translate('whether git can go on in its worktree is not known: {0}', repository.detail)];
}

function portWords({ port, protocol, state, holder }: PortState, translate: Translate): readonly string[] {
  const name = protocol === 'tcp' ? String(port) : `${port}/${protocol}`;
  switch (state) {
    case 'free':
      return [];
    case 'unknown':
      return [translate('whether port {0} is free is not known', name)];
    case 'taken':
      return holder === null
        ? [translate('port {0} is held by a process that cannot be looked at', name)]
        : [translate('port {0} is held by {1} (pid {2})', name, holder.name, holder.pid)];
  }
}

function removedWords({ locksRemoved, temporaryFiles }: Aftermath, translate: Translate): readonly string[] {
  const removed: string[] = [];
  const locks = locksRemoved.length;
  if (locks > 0) removed.push(locks === 1 ? translate('one lock of git') : translate('{0} locks of git', locks));
  const { files, bytes, complete } = temporaryFiles ?? { files: 0, bytes: 0, complete: true };
  const size = describeBytes(bytes, translate);
  if (files > 0) {
    removed.push(
      files === 1 ? translate('one temporary file ({0})', size) : translate('{0} temporary files ({1})', files, size),
    );
  }
  const lines = removed.length === 0 ? [] : [translate('removed {0}', removed.join(', '))];
  return complete ? lines : [...lines, translate('not all of its temporary files are removed yet')];
}
