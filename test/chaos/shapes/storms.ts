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

/** Who forks faster than one can look. */
export const storms: readonly Shape[] = [5, 1, 0.2].map(loop);
