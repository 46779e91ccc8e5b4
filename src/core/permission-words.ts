import type { ErrorFacts } from './errors.ts';
import type { Refusal } from './permission.ts';
import type { Translate } from './translate.ts';

/** Why somebody may not do something, and what he can do instead. */
export function describeRefusal(
  { refusal, runId, mayAsk, permission }: ErrorFacts['not_permitted'],
  translate: Translate,
): string {
  const why = translate(templates[refusal], permission, runId ?? '');
  return mayAsk
    ? translate('{0} Ask a person to do it: warden kill {1} --ask --reason TEXT', why, runId ?? 'RUN')
    : why;
}

/** `{0}` is what was to be done, `{1}` with which run. */
const templates: Readonly<Record<Refusal, string>> = {
  not_own_run: '"{0}" is not permitted: {1} was started by somebody else. Ask its owner, or an admin.',
  not_in_team: '"{0}" is not permitted: {1} is of nobody in your team. Ask its owner, or an admin.',
  not_in_policy: '"{0}" is not permitted by the policy of this key. Ask whoever made it for one that may.',
  may_only_read: '"{0}" is not permitted: this key may only read. Use one of another role.',
  may_only_see_status: '"{0}" is not permitted: this key may only see the status of runs. Use one of another role.',
  not_for_this_role: '"{0}" is not permitted in this role. Ask the owner of the runs, or an admin.',
  itself: '"{0}" is not permitted: a run does not decide upon itself; it ends when its command does.',
  ancestor: '"{0}" is not permitted: {1} is the run that this one was started from.',
  not_descendant: '"{0}" is not permitted: in a run only with those that it has started, and {1} is not one of them.',
  not_proved:
    '"{0}" is not permitted: WARDEN_RUN_ID names a run that is over, or WARDEN_RUN_TOKEN is not its token. Outside of runs, unset WARDEN_RUN_ID.',
};
