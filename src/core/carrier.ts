import { givesUpInTurmoilAfterMilliseconds } from './escalation.ts';
import { isSameBoot } from './process-identity.ts';
import type { Run, StopIntent } from './run.ts';

/** What looks, git and a busy machine may take beyond the length of a stage. */
const slackMilliseconds = 20_000;

/**
 * Whether whoever carries out the stop of a run has shown no progress for clearly longer than the stage lasts that he is
 * in, as one who hangs. That another takes it over then is harmless should he go on after all: each step of a stop looks
 * anew and checks whom it signals.
 * @param bootId of this boot
 * @param now monotonic milliseconds of this boot
 */
export function isOverdue({ stop, workflow }: Run, bootId: string, now: number): boolean {
  if (stop === null || !isSameBoot(stop.bootId, bootId)) return false;
  return now - stop.progressMonotonic > longestSilence(stop, workflow) + slackMilliseconds;
}

function longestSilence(stop: StopIntent, { kill }: Run['workflow']): number {
  if (stop.force || stop.reached === 'system') return givesUpInTurmoilAfterMilliseconds;
  if (stop.begunMonotonic === null) return kill.wait;
  // As much again is granted at most to a run that asks for more time.
  return stop.reached === 'forced' ? kill.forced : 2 * kill.graceful;
}
