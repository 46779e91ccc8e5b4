import type { PermissionRequest } from '../core/permission-request.ts';
import type { Translate } from '../core/translate.ts';
import { notificationText } from './notification-text.ts';

/** Longer reasons are cut: a notification is read at a glance. */
const reasonLength = 200;

/** What a run asks a person for. @param workflowName of the run that is to be killed */
export function requestWords(
  { runId, askedBy, force, why }: PermissionRequest,
  workflowName: string,
  translate: Translate,
): string {
  const name = `${workflowName} (${runId})`;
  const what =
    runId === askedBy
      ? translate('{0} asks to be killed.', name)
      : force
        ? translate('{0} asks that {1} is killed by force.', askedBy, name)
        : translate('{0} asks that {1} is killed.', askedBy, name);
  if (why === null) return what;
  const reason = why.length > reasonLength ? `${why.slice(0, reasonLength)}…` : why;
  return notificationText(translate('{0} It says: {1}', what, reason));
}
