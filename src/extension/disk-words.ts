import { isOverBudget } from '../core/disk-usage.ts';
import { describeBytes, plainEnglish, type Translate } from '../core/messages.ts';
import type { DiskReport } from '../supervisor/disk-usage.ts';

/** What stands beside the title of the view: all that worktrees take of the disk; empty while that is not known. */
export function diskTotal(reports: readonly DiskReport[], translate: Translate = plainEnglish): string {
  const usages = reports.flatMap(({ usage }) => usage ?? []);
  if (usages.length === 0) return '';
  return describeBytes(
    usages.reduce((sum, { bytes }) => sum + bytes, 0),
    translate,
  );
}

/** Each budget in a sentence, those that are exceeded first. @param nameOf a repository; null where it goes without saying */
export function budgetLines(
  reports: readonly DiskReport[],
  nameOf: (repository: string) => string | null,
  translate: Translate = plainEnglish,
): readonly string[] {
  const budgets = new Map(reports.flatMap((report) => report.budgets).map((budget) => [budget.repository, budget]));
  const sorted = [...budgets.values()].sort((one, other) => Number(isOverBudget(other)) - Number(isOverBudget(one)));
  return sorted.map((budget) => {
    const [bytes, limit] = [describeBytes(budget.bytes, translate), describeBytes(budget.budgetBytes, translate)];
    const name = budget.repository === null ? null : nameOf(budget.repository);
    const words =
      budget.repository === null
        ? translate('all repositories: {0} of a budget of {1}', bytes, limit)
        : name === null
          ? translate('{0} of a budget of {1}', bytes, limit)
          : translate('{0}: {1} of a budget of {2}', name, bytes, limit);
    return isOverBudget(budget) ? translate('Warning, over budget: {0}.', words) : translate('Disk: {0}.', words);
  });
}
