import { plainEnglish, type Translate } from '../core/translate.ts';
import type { LoggedEntry } from '../core/ports/store.ts';
import { oneLine, plainLines } from '../plain-text.ts';

/** What was done with a run, oldest first: a line for each entry, and its facts below it, where an editor can fold them. */
export function auditText(entries: readonly LoggedEntry[], translate: Translate = plainEnglish): string {
  if (entries.length === 0) return `${translate('Nothing yet.')}\n`;
  return entries.map((entry) => `${headline(entry, translate)}\n${factsBelow(entry)}`).join('');
}

function headline({ at, action, outcome, actor, why, isRedacted }: LoggedEntry, translate: Translate): string {
  const who = isRedacted ? translate('(redacted)') : `${oneLine(actor.user)} (${actor.face})`;
  const parts = [new Date(at).toISOString(), action, outcome, who, why === null ? '' : oneLine(why)];
  return parts.filter((part) => part !== '').join('  ');
}

function factsBelow({ facts }: LoggedEntry): string {
  if (Object.keys(facts).length === 0) return '';
  const lines = plainLines(JSON.stringify(facts, null, 2))
    .split('\n')
    .slice(1, -1);
  return `${lines.map((line) => `  ${line}`).join('\n')}\n`;
}
