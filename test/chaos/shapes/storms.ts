import { perl, type Shape } from './shape.ts';

const deaf = `$SIG{$_} = 'IGNORE' for qw(TERM INT HUP); $SIG{CHLD} = 'IGNORE';`;

/** It has been going on for so many generations when the kill comes. */
const generations = 40;

/** One who forks all the time; each child lives for fifty of these intervals. */
const loop = (milliseconds: number): Shape => ({
  name: `a fork loop at ${milliseconds} ms`,
  command: perl(String.raw`
    ${deaf}
    my $count = 0;
    while (-e $file) {
      child { nap(${(milliseconds * 50) / 1000}) };
      mark('up') if ++$count == ${generations};
      nap(${milliseconds / 1000});
    }
  `),
  marks: ['up'],
});

/** Each process forks its successor and exits: one at a time, and never the same. */
const chain = (milliseconds: number): Shape => ({
  name: `a chain of forks at ${milliseconds} ms`,
  command: perl(String.raw`
    ${deaf}
    child {
      my $count = 0;
      while (-e $file) {
        mark('up') if ++$count == ${generations};
        nap(${milliseconds / 1000});
        exit if fork();
      }
    };
    stay();
  `),
  marks: ['up'],
});

/** Five heads that do the same, each of them each time in a session of its own. */
const hydra = (milliseconds: number): Shape => ({
  name: `a hydra at ${milliseconds} ms`,
  command: perl(String.raw`
    ${deaf}
    for (1 .. 5) {
      child {
        my $count = 0;
        while (-e $file) {
          POSIX::setsid();
          mark('up') if ++$count == ${generations};
          nap(${milliseconds / 1000});
          exit if fork();
        }
      };
    }
    stay();
  `),
  marks: ['up', 'up', 'up', 'up', 'up'],
});

/** Who forks faster than one can look. */
export const storms: readonly Shape[] = [
  ...[5, 1, 0.2].map(loop),
  ...[5, 1, 0.2].map(chain),
  ...[5, 1, 0.2].map(hydra),
];
