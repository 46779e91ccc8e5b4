import { type DoctorReport, type Finding, findingKey, reportAfter, subjectOf } from '../core/diagnosis.ts';
import { examine, type Places } from './examine.ts';
import { failureWords } from './failure-words.ts';
import { repair } from './repair.ts';
import { auditOf, type World } from './world.ts';

export interface DoctorRequest extends Places {
  /** Keys of findings that somebody agreed to have repaired; nothing is repaired where absent. */
  readonly repair?: readonly string[];
  readonly onProgress?: (finding: Finding) => void;
}

/**
 * Looks at everything and tells what is wrong. Of what is to be repaired only that is which a fresh look finds again and
 * whose repair is proved; each is audited, and its outcome is what a look afterwards finds.
 */
export async function doctor(world: World, request: DoctorRequest): Promise<DoctorReport> {
  const before = await examine(world, request);
  const agreed = new Set(request.repair);
  const wanted = before.filter((finding) => finding.isRepairable && agreed.has(findingKey(finding)));
  if (wanted.length === 0) {
    return { findings: before.map((finding) => ({ finding, repaired: null, failure: null })) };
  }
  const tried = new Map<string, string | null>();
  for (const finding of wanted) {
    if (world.disposed.aborted) break;
    request.onProgress?.(finding);
    tried.set(findingKey(finding), await failureOf(world, finding));
  }
  const report = reportAfter(before, tried, await examine(world, request));
  for (const { finding, repaired, failure } of report.findings) {
    if (repaired !== null) await note(world, finding, repaired ? 'done' : 'failed', failure);
  }
  return report;
}

/** @returns null unless it failed */
async function failureOf(world: World, finding: Finding): Promise<string | null> {
  try {
    // A database that cannot be read is not one that says "it is over".
    await world.store.requireDatabase();
    await note(world, finding, 'asked', null);
    await repair(world, finding);
    return null;
  } catch (error) {
    return failureWords(error);
  }
}

async function note(
  world: World,
  finding: Finding,
  outcome: 'asked' | 'done' | 'failed',
  failure: string | null,
): Promise<void> {
  const { code, severity: _severity, isRepairable: _isRepairable, ...facts } = finding;
  const runId = 'runId' in facts ? facts.runId : null;
  const entry = auditOf(world, runId, 'repair', outcome, {
    facts: { finding: code, subject: subjectOf(finding), ...facts, ...(failure === null ? {} : { failure }) },
  });
  await world.store.audit(entry);
}
