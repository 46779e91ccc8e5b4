import { plainEnglish, type Translate } from '../core/translate.ts';
import type { HeadingText } from './item-text.ts';
import type { Section } from './run-order.ts';

const titles: Readonly<Record<Section, string>> = {
  needsYou: 'Needs You',
  running: 'Running',
  queued: 'Queued',
  recent: 'Recent',
};

const tooltips: Readonly<Record<Section, string>> = {
  needsYou: 'Stuck, over a limit, or waiting for your answer.',
  running: 'Under way, and those that are being stopped.',
  queued: 'Waiting for their turn, the next one first, or being started.',
  recent: 'Over, the newest first.',
};

/** A section of the tree of runs, with how many there are in it. */
export function sectionItem(section: Section, runs: number, translate: Translate = plainEnglish): HeadingText {
  const title = translate(titles[section]);
  return {
    id: `section ${section}`,
    label: title,
    description: String(runs),
    tooltip: translate(tooltips[section]),
    contextValue: 'section',
    accessibleLabel: runs === 1 ? translate('{0}, one run', title) : translate('{0}, {1} runs', title, runs),
  };
}
