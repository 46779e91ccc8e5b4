import { describeAlert } from '../core/alert-words.ts';
import type { Alert } from '../core/alerts.ts';
import { plainEnglish, type Translate } from '../core/messages.ts';

/** Each alert in a line, told by words how grave it is. */
export function alertLines(alerts: readonly Alert[], translate: Translate = plainEnglish): readonly string[] {
  return alerts.map((alert) =>
    alert.level === 'critical'
      ? translate('Critical: {0}.', describeAlert(alert, translate))
      : translate('Warning: {0}.', describeAlert(alert, translate)),
  );
}
