import { describeDrill } from '../../core/describe-drill.ts';
import { type DrillReport, isDrillPassed } from '../../core/drill.ts';
import { plainEnglish } from '../../core/messages.ts';
import { killReportJson } from '../../core/run-json.ts';
import { defineCommand } from '../command.ts';
import { UsageError } from '../usage-error.ts';

export const doctor = defineCommand({
  name: 'doctor',
  summary: 'show that a kill holds on this very machine',
  usage: '--drill',
  operands: { minimum: 0, maximum: 0 },
  options: {
    drill: { type: 'boolean', description: 'start a tree of processes that is hard to end, kill it, show the proof' },
  },
  async execute({ options, output, open }) {
    if (options.drill !== true) throw new UsageError('Say what to look at: --drill.', 'doctor');
    const supervisor = await open();
    output.progress('starting a tree of processes that is hard to end …');
    const report = await supervisor.drill(({ runId }) => output.progress(`it stands; killing ${runId} …`));
    await output.print(documentOf(report), describeDrill(report, plainEnglish).join('\n'));
    return isDrillPassed(report) ? 0 : 1;
  },
});

function documentOf(report: DrillReport): object {
  return {
    passed: isDrillPassed(report),
    run_id: report.runId,
    processes: report.processes,
    looked_at: report.lookedAt,
    kill: killReportJson(report.kill),
  };
}
