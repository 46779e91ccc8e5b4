import type { DiskBudget } from '../../core/disk-usage.ts';
import { isOverBudget } from '../../core/disk-usage.ts';
import {
  describeBytes,
  describeCommits,
  describeKeepReason,
  describeOther,
  plainEnglish,
} from '../../core/messages.ts';
import type { OtherWorktree } from '../../core/ports/worktrees.ts';
import { type RemovalVerdict, verdictOf } from '../../core/removal.ts';
import { worktreesJson } from '../../core/run-json.ts';
import type { WorktreeEntry } from '../../supervisor/cleanup.ts';
import type { DiskReport } from '../../supervisor/disk-usage.ts';
import { amount } from '../amount.ts';
import { defineCommand } from '../command.ts';
import { oneLine, type Output } from '../output.ts';
import { table } from '../table.ts';

export const worktrees = defineCommand({
  name: 'worktrees',
  summary: 'list worktrees: what each takes of the disk, and why it may or may not go',
  usage: '[--max-age-hours N]',
  operands: { minimum: 0, maximum: 0 },
  options: {
    'max-age-hours': {
      type: 'string',
      value: 'N',
      description: 'what ended less than so long ago stays; 48 when absent',
    },
  },
  notes: ['"may go": "warden cleanup" removes it. "stays": nothing removes it.'],
  async execute({ options, directory, output, open }) {
    const maxAgeHours = options['max-age-hours'];
    const age = maxAgeHours === undefined ? {} : { maxAgeHours: amount('max-age-hours', maxAgeHours) };
    const supervisor = await open();
    output.progress('measuring …');
    const entries = await supervisor.worktrees({ directory, ...age });
    const disk = await supervisor.disk({ directory, measure: false });
    const others = await supervisor.otherWorktrees(directory);
    await output.print(worktreesJson(entries, others, disk), describe(entries, others, disk, output));
    return 0;
  },
});

const verdictWords: Readonly<Record<RemovalVerdict, string>> = {
  safe: 'may go',
  unsafe: 'only by --force',
  kept: 'stays',
};

const sizeWords = (bytes: number | null): string =>
  bytes === null ? 'size unknown' : describeBytes(bytes, plainEnglish);

function describe(
  entries: readonly WorktreeEntry[],
  others: readonly OtherWorktree[],
  { usage, budgets }: DiskReport,
  output: Output,
): string {
  if (entries.length + others.length === 0) return 'No worktrees.';
  const rows = entries.map(({ worktree, bytes, reasons }) => [
    verdictWords[verdictOf(reasons)],
    worktree.runId,
    sizeWords(bytes),
    worktree.path,
    oneLine(
      [...reasons.map((reason) => describeKeepReason(reason, plainEnglish)), describeCommits(worktree, plainEnglish)]
        .filter((words) => words !== null)
        .join('; '),
    ),
  ]);
  const notes = [
    ...(usage === null ? [] : [`${sizeWords(usage.bytes)} in all`]),
    ...budgets.map((budget) =>
      isOverBudget(budget) ? output.paint('yellow', budgetWords(budget)) : budgetWords(budget),
    ),
  ];
  const otherRows = others.map(({ kind, path }) => ['stays', '', '', path, describeOther(kind, plainEnglish)]);
  return [table([...rows, ...otherRows]), ...notes].join('\n');
}

function budgetWords(budget: DiskBudget): string {
  const { repository, bytes, budgetBytes } = budget;
  const whose = repository === null ? 'all repositories' : 'this repository';
  return `${isOverBudget(budget) ? 'over' : 'within'} the budget of ${whose}: ${sizeWords(bytes)} of ${sizeWords(budgetBytes)}`;
}
