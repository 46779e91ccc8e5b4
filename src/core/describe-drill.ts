import { type DrillReport, isDrillPassed } from './drill.ts';
import { describeCriticalSection, describeDuration, describeKill, describeSurvivor } from './messages.ts';
import type { Translate } from './translate.ts';

/** What a drill showed, line by line. */
export function describeDrill(report: DrillReport, translate: Translate): string[] {
  const { kill, processes, lookedAt } = report;
  return [
    ...processes.map(({ pid, shape, ended }) =>
      ended
        ? translate('pid {0}, which {1}: gone', pid, translate(shape))
        : translate('pid {0}, which {1}: STILL ALIVE after the kill; ended by the drill', pid, translate(shape)),
    ),
    ...kill.waitedFor.map((section) => translate('waited for {0}', describeCriticalSection(section, translate))),
    ...kill.stages.map(({ stage, milliseconds }) =>
      translate('{0}: {1}', translate(stage), describeDuration(milliseconds, translate)),
    ),
    ...kill.survivors.map((survivor) => translate('survived the kill: {0}', describeSurvivor(survivor, translate))),
    translate('{0} processes were ever seen to belong to it', kill.processes),
    `${describeKill(kill, translate)}.`,
    isDrillPassed(report)
      ? translate('Proof: two looks in a row at all {0} processes of this machine found nobody of it.', lookedAt)
      : translate('Not passed: a run that does what these do is not ended whole on this machine.'),
  ];
}
