import type { CleanupReport } from '../../core/cleanup-report.ts';
import { WardenError } from '../../core/errors.ts';
import { describeBytes, describeKeepReason, plainEnglish } from '../../core/messages.ts';
import type { KeepReason } from '../../core/removal.ts';
import { cleanupJson } from '../../core/run-json.ts';
import { confirmationOf, isConfirmed } from '../../core/typed-confirmation.ts';
import { amount } from '../amount.ts';
import { canAsk, saysYes, typed } from '../ask.ts';
import { defineCommand } from '../command.ts';
import { interruptedExitCode, withInterruption } from '../interruption.ts';
import { oneLine, type Output } from '../output.ts';
import { table } from '../table.ts';

export const cleanup = defineCommand({
  name: 'cleanup',
  summary: 'remove the worktrees of runs that are over, after keeping what is in them',
  usage: '[--dry-run] [--max-age-hours N] [--force] [--reason TEXT] [--yes]',
  operands: { minimum: 0, maximum: 0 },
  options: {
    'dry-run': { type: 'boolean', description: 'only tell what would be removed and what kept' },
    'max-age-hours': {
      type: 'string',
      value: 'N',
      description: 'keep what ended less than so long ago; 48 when absent',
    },
    force: { type: 'boolean', description: 'also what has uncommitted work in it, which is kept in a checkpoint' },
    reason: { type: 'string', value: 'TEXT', description: 'for the audit log' },
    yes: { type: 'boolean', description: 'do not ask' },
  },
  notes: [
    'Work is in a checkpoint before its worktree goes ("warden restore" brings it back), but not what git ignores.',
    'What would go is shown and asked first. Where nobody can be asked, and with --json, --yes or --dry-run must be given.',
  ],
  async execute({ options, directory, output, open }) {
    const maxAgeHours = options['max-age-hours'];
    const request = {
      directory,
      force: options.force ?? false,
      ...(options.reason === undefined ? {} : { why: options.reason }),
      ...(maxAgeHours === undefined ? {} : { maxAgeHours: amount('max-age-hours', maxAgeHours) }),
    };
    const supervisor = await open();
    const look = (force: boolean): Promise<CleanupReport> =>
      output.during('looking at the worktrees …', supervisor.cleanup({ ...request, force, dryRun: true }));
    if (options['dry-run'] === true) return print(await look(request.force), output);
    if (options.yes !== true) {
      const plan = await look(request.force);
      if (plan.removed.length === 0) return print({ ...plan, dryRun: false }, output);
      const safe = request.force ? await look(false) : plan;
      if (!(await isAgreed(plan, safe, output))) {
        output.tell('nothing was removed');
        return 1;
      }
      // Only what was shown: what has become removable since then has not been agreed to.
      Object.assign(request, { only: [...plan.removed, ...plan.kept].map(({ path }) => path) });
    }
    return withInterruption(async (signal) => {
      const report = await supervisor.cleanup({
        ...request,
        dryRun: false,
        signal,
        onProgress: (done, total, { worktree }) => output.progress(`${done + 1} of ${total}: ${worktree.path}`),
      });
      const exitCode = await print(report, output);
      if (!signal.aborted) return exitCode;
      output.tell('interrupted: the other worktrees stay');
      return interruptedExitCode;
    });
  },
});

/**
 * A yes does for what may go anyway; for what goes only by force its run, or the number of them, is typed.
 * @throws WardenError confirmation_needed where nobody can be asked
 */
async function isAgreed(plan: CleanupReport, safe: CleanupReport, output: Output): Promise<boolean> {
  if (!output.json) await output.show(describe(plan));
  if (!canAsk(output)) {
    throw new WardenError('confirmation_needed', { work: 'remove', paths: plan.removed.map(({ path }) => path) });
  }
  const mayGo = new Set(safe.removed.map(({ path }) => path));
  const insisted = plan.removed.filter(({ path }) => !mayGo.has(path));
  if (insisted.length === 0) return saysYes('Remove them?');
  const rows = safe.kept
    .filter(({ path }) => insisted.some((one) => one.path === path))
    .map(({ runId, path, reasons }) => ['should stay', runId, path, reasonWords(reasons)]);
  await output.show(table(rows));
  const what = plan.removed.length === 1 ? 'it' : 'all of them';
  return isConfirmed((await typed(`Type ${confirmationOf(insisted)} to remove ${what}: `)) ?? '', insisted);
}

const reasonWords = (reasons: readonly KeepReason[]): string =>
  oneLine(reasons.map((reason) => describeKeepReason(reason, plainEnglish)).join('; '));

async function print(report: CleanupReport, output: Output): Promise<number> {
  await output.print(cleanupJson(report), describe(report));
  const failed = report.kept.some(({ reasons }) => reasons.some(({ code }) => code === 'failed'));
  return failed ? 1 : 0;
}

function describe({ dryRun, removed, kept }: CleanupReport): string {
  if (removed.length + kept.length === 0) return 'No worktrees.';
  return table([
    ...removed.map(({ runId, path, bytes, checkpoint, branchKept, teardownFailure }) => [
      dryRun ? 'would remove' : 'removed',
      runId,
      path,
      [
        bytes === null ? 'size unknown' : describeBytes(bytes, plainEnglish),
        ...(checkpoint === null ? [] : [`kept in ${checkpoint}`]),
        ...(branchKept === null ? [] : [`branch ${branchKept} kept`]),
        ...(teardownFailure === null ? [] : [`teardown failed: ${oneLine(teardownFailure)}`]),
      ].join(', '),
    ]),
    ...kept.map(({ runId, path, reasons }) => [dryRun ? 'would keep' : 'kept', runId, path, reasonWords(reasons)]),
  ]);
}
