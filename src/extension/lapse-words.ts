import { plainEnglish, type Translate } from '../core/translate.ts';

/** A time in which nothing is seen: what is shown is from before. */
export interface Lapse {
  /** When the runs were seen last, in epoch milliseconds; null when they never were. */
  readonly since: number | null;
  /** Why, in words. */
  readonly detail: string;
}

/** One sentence for a view that shows what may not be so any more. */
export function lapseLine({ since, detail }: Lapse, translate: Translate = plainEnglish): string {
  return since === null
    ? translate('The runs cannot be seen: {0}', detail)
    : translate('Not seen since {0}, so what is shown may have changed: {1}', timeOf(since), detail);
}

/** The same where there is room for a few words. */
export function lapseTitle({ since }: Lapse, translate: Translate = plainEnglish): string {
  return since === null
    ? translate('Warden: runs cannot be seen')
    : translate('Warden: not seen since {0}', timeOf(since));
}

const timeOf = (epochMilliseconds: number): string =>
  new Date(epochMilliseconds).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
