import type { TemporaryRepository } from '../../support/temporary-repository.ts';
import type { SeenProcess } from '../stage/proc.ts';

/** What the machine must have. */
export type Need = 'tmux' | 'script' | 'unshare';

/** A tree of processes that is hard to end, as the command of a run. */
export interface Shape {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** What its processes have written on the lifeline once it stands. */
  readonly marks: readonly string[];
  /** What is seen from outside once it stands. */
  readonly stands?: (holders: readonly SeenProcess[]) => boolean;
  readonly needs?: Need;
  readonly prepare?: (repository: TemporaryRepository) => Promise<void>;
  /** What must hold besides when it was killed. */
  readonly afterwards?: (repository: TemporaryRepository) => Promise<void>;
}

/** A shell program. Descriptor 9 is the lifeline: `echo up >&9`. */
export const sh = (text: string): Shape['command'] => ['sh', '-c', `exec 9>"$LIFELINE"\n${text}`];

/**
 * A perl program. `mark('up')` writes on the lifeline, `nap($seconds)` takes fractions, `stay()` does nothing until the
 * test's folder is gone: nothing that a test leaves behind outlives it.
 */
export const perl = (text: string): Shape['command'] => ['perl', '-e', `${perlPrelude}\n${text}`];

const perlPrelude = String.raw`
use strict;
use POSIX ();
$^F = 255;
my $file = $ENV{LIFELINE};
open(my $lifeline, '>>', $file) or die $!;
sub mark { syswrite($lifeline, "$_[0]\n") }
sub nap { select(undef, undef, undef, $_[0]) }
sub stay { nap(1) while -e $file; exit }
# Runs a piece of program in a child.
sub child(&) { my $pid = fork(); return $pid if $pid; $_[0]->(); exit }
# The same in a daemon: a session of its own, the parent gone, nothing inherited but the lifeline.
sub daemon(&) {
  my ($work) = @_;
  my $pid = child {
    POSIX::setsid();
    child { chdir '/'; open(STDIN, '<', '/dev/null'); open(STDOUT, '>', '/dev/null'); open(STDERR, '>', '/dev/null'); $work->() };
  };
  waitpid($pid, 0);
}
`;
