import type { Impact } from '../core/impact.ts';
import { describeActivity, describeImpact, describeWhatStays } from '../core/impact-words.ts';
import { plainEnglish, type Translate } from '../core/messages.ts';

/** A dialog that is longer than the screen hides its buttons. */
const shownAtMost = 12;

/** What a person should know who is asked whether runs are to be killed: of one what is at stake, of several each in a line. */
export function killQuestionDetail(impacts: readonly Impact[], translate: Translate = plainEnglish): string {
  const [only] = impacts;
  const lines =
    impacts.length === 1 && only !== undefined ? describeImpact(only, translate) : linesOf(impacts, translate);
  return [...lines, '', describeWhatStays(translate)].join('\n').trimStart();
}

function linesOf(impacts: readonly Impact[], translate: Translate): readonly string[] {
  // Those of which something is at stake first: the others may be left out.
  const told = impacts.map((impact) => ({ impact, facts: describeImpact(impact, translate) }));
  const sorted = [...told.filter(({ facts }) => facts.length > 0), ...told.filter(({ facts }) => facts.length === 0)];
  const lines = sorted
    .slice(0, shownAtMost)
    .map(({ impact, facts }) =>
      translate('{0}: {1}', impact.workflowName, [describeActivity(impact, translate), ...facts].join('; ')),
    );
  const rest = impacts.length - lines.length;
  return rest > 0 ? [...lines, translate('and {0} more', rest)] : lines;
}
