import { describeDrill } from '../../core/describe-drill.ts';
import {
  type DoctorReport,
  type ExaminedFinding,
  type Finding,
  findingKey,
  isHealthy,
  subjectOf,
} from '../../core/diagnosis.ts';
import { areaOf, describeFinding, findingAreas } from '../../core/diagnosis-words.ts';
import { type DrillReport, isDrillPassed } from '../../core/drill.ts';
import { isWardenError, WardenError } from '../../core/errors.ts';
import { plainEnglish } from '../../core/messages.ts';
import { doctorJson, killReportJson } from '../../core/run-json.ts';
import type { Supervisor } from '../../supervisor/supervisor.ts';
import { canAsk, saysYes } from '../ask.ts';
import { defineCommand } from '../command.ts';
import { withInterruption } from '../interruption.ts';
import { oneLine, type Output } from '../output.ts';
import { UsageError } from '../usage-error.ts';

export const doctor = defineCommand({
  name: 'doctor',
  summary: 'look for what is wrong, repair what is proved, or show that a kill holds on this very machine',
  usage: '[--repair [--yes]] [--all] | --drill',
  operands: { minimum: 0, maximum: 0 },
  options: {
    repair: { type: 'boolean', description: 'repair what can be repaired safely, after asking' },
    yes: { type: 'boolean', description: 'do not ask' },
    all: { type: 'boolean', description: 'also look into every repository that runs are known of' },
    drill: { type: 'boolean', description: 'start a tree of processes that is hard to end, kill it, show the proof' },
  },
  notes: ['Without --repair nothing is changed. Exit code 1 when something is wrong, or was not repaired.'],
  async execute({ options, output, open, directory, isDirectoryGiven }) {
    if (options.drill === true && (options.repair ?? options.yes ?? options.all) !== undefined) {
      throw new UsageError('--drill goes with no other option.', 'doctor');
    }
    const supervisor = await open();
    if (options.drill === true) return drill(supervisor, output);
    const places = {
      directories: await directoriesOf(supervisor, directory, isDirectoryGiven),
      all: options.all ?? false,
    };
    output.progress('looking …');
    const found = await supervisor.doctor(places);
    const repairable = found.findings.map(({ finding }) => finding).filter(({ isRepairable }) => isRepairable);
    if (options.repair !== true || repairable.length === 0) return print(found, output);
    if (options.yes !== true) {
      if (!output.json) await output.show(`${describe(found, output)}\n`);
      if (!canAsk(output))
        throw new WardenError('confirmation_needed', { work: 'repair', paths: repairable.map(subjectOf) });
      if (!(await saysYes(repairable.length === 1 ? 'Repair it?' : `Repair these ${repairable.length}?`))) return 1;
    }
    // Only what was shown: what has gone wrong since then has not been agreed to.
    const report = await supervisor.doctor({
      ...places,
      repair: repairable.map(findingKey),
      onProgress: (finding) => output.progress(`repairing: ${describeFinding(finding, plainEnglish).detail}`),
    });
    return print(report, output);
  },
});

/** Outside of a repository there is still the rest of the machine to look at. */
async function directoriesOf(
  supervisor: Supervisor,
  directory: string,
  isDirectoryGiven: boolean,
): Promise<readonly string[]> {
  try {
    return [await supervisor.repositoryOf(directory)];
  } catch (error) {
    const isOutside = isWardenError(error, 'not_a_repository') || isWardenError(error, 'bare_repository');
    if (isDirectoryGiven || !isOutside) throw error;
    return [];
  }
}

async function print(report: DoctorReport, output: Output): Promise<number> {
  await output.print(doctorJson(report), describe(report, output));
  return isHealthy(report) ? 0 : 1;
}

function describe({ findings }: DoctorReport, output: Output): string {
  if (findings.length === 0) return 'Nothing is wrong.';
  const sections = findingAreas.flatMap((area) => {
    const some = findings.filter(({ finding }) => areaOf(finding) === area);
    const title = `${area.slice(0, 1).toUpperCase()}${area.slice(1)}`;
    return some.length === 0
      ? []
      : [[output.paint('bold', title), ...some.map((one) => lines(one, output))].join('\n')];
  });
  const wrong = findings.filter(({ finding: { severity }, repaired }) => severity !== 'info' && repaired !== true);
  const repairable = wrong.filter(({ finding: { isRepairable }, repaired }) => isRepairable && repaired === null);
  const advice = repairable.length === 0 ? '' : `; "warden doctor --repair" can repair ${repairable.length}`;
  const summary = wrong.length === 0 ? 'Nothing is wrong' : `${wrong.length} found${advice}`;
  return [...sections, `${summary}.`].join('\n\n');
}

const colours = { critical: 'red', warning: 'yellow', info: 'dim' } as const;

function lines(examined: ExaminedFinding, output: Output): string {
  const { finding, repaired } = examined;
  const { detail } = describeFinding(finding, plainEnglish);
  const label = repaired === true ? 'repaired' : finding.severity;
  const colour = repaired === true ? 'green' : colours[finding.severity];
  return `  ${output.paint(colour, label.padEnd(8))}  ${oneLine(detail)}\n            ${oneLine(next(examined, finding))}`;
}

function next({ repaired, failure }: ExaminedFinding, finding: Finding): string {
  const { remedy } = describeFinding(finding, plainEnglish);
  if (repaired === true) return `done: ${remedy}`;
  if (repaired === false) return failure === null ? 'the repair did not help' : `the repair failed: ${failure}`;
  return finding.isRepairable ? `repair: ${remedy}` : remedy;
}

async function drill(supervisor: Supervisor, output: Output): Promise<number> {
  output.progress('starting a tree of processes that is hard to end …');
  const report = await withInterruption((interrupted) => {
    interrupted.addEventListener('abort', () => output.tell('what the drill has started is ended first, in seconds'));
    return supervisor.drill(({ runId }) => output.progress(`it stands; killing ${runId} …`));
  });
  await output.print(documentOf(report), describeDrill(report, plainEnglish).join('\n'));
  return isDrillPassed(report) ? 0 : 1;
}

function documentOf(report: DrillReport): object {
  return {
    passed: isDrillPassed(report),
    run_id: report.runId,
    processes: report.processes,
    looked_at: report.lookedAt,
    kill: killReportJson(report.kill),
  };
}
