import { environmentOf, type SeenProcess } from '../stage/proc.ts';
import { perl, sh, type Shape } from './shape.ts';

/** As the kernel shows it to anyone who looks for the run's id. */
const isUnmarked = ({ pid }: SeenProcess): boolean =>
  !environmentOf(pid).some((entry) => entry.startsWith('WARDEN_RUN_ID='));

/** Perl's title is written over the arguments and all that lies behind them. */
const overwriteEnvironment = `$0 = 'x' x 100_000;`;

/** Who leaves the family, the session, or his papers behind. */
export const runaways: readonly Shape[] = [
  {
    name: 'a session of its own',
    command: perl(String.raw`
      child { POSIX::setsid(); $SIG{TERM} = 'IGNORE'; mark('child'); child { mark('grandchild'); stay() }; stay() };
      stay();
    `),
    marks: ['child', 'grandchild'],
  },
  {
    name: 'a grandchild in another session, with the middle gone',
    command: perl(String.raw`
      child { POSIX::setsid(); child { POSIX::setsid(); mark('grandchild'); stay() } };
      stay();
    `),
    marks: ['grandchild'],
    stands: (holders) => holders.length === 2,
  },
  {
    name: 'a daemon by double fork',
    command: perl(`daemon { $SIG{TERM} = 'IGNORE'; mark('daemon'); stay() }; stay();`),
    marks: ['daemon'],
  },
  {
    name: 'an emptied environment, its parent alive',
    command: perl(String.raw`
      child { %ENV = (); mark('emptied'); exec '/bin/sleep', '600' };
      stay();
    `),
    marks: ['emptied'],
    stands: (holders) => holders.some((holder) => holder.name === 'sleep' && isUnmarked(holder)),
  },
  {
    name: 'a daemon with an emptied environment',
    command: perl(String.raw`
      daemon { %ENV = (); mark('emptied'); exec '/bin/sleep', '600' };
      stay();
    `),
    marks: ['emptied'],
    stands: (holders) => holders.some((holder) => holder.name === 'sleep' && isUnmarked(holder)),
  },
  {
    name: 'a title that overwrites the environment, its parent alive',
    command: perl(`child { ${overwriteEnvironment} mark('titled'); stay() }; stay();`),
    marks: ['titled'],
    stands: (holders) => holders.some(isUnmarked),
  },
  {
    name: 'a daemon whose title overwrites the environment',
    command: perl(`daemon { ${overwriteEnvironment} mark('titled'); stay() }; stay();`),
    marks: ['titled'],
    stands: (holders) => holders.some(isUnmarked),
  },
  {
    name: 'a child in a pseudo-terminal',
    needs: 'script',
    command: sh(`script -qec 'echo up >&9; sleep 600; :' /dev/null`),
    marks: ['up'],
  },
  {
    name: 'a tmux server',
    needs: 'tmux',
    // The server closes what it inherits: what runs in its window takes the lifeline up again.
    command: sh(`tmux -S "$LIFELINE.tmux" -f /dev/null new-session -d 'exec 9>"$LIFELINE"; echo up >&9; sleep 600; :'
      sleep 600`),
    marks: ['up'],
  },
  {
    name: 'a user and pid namespace',
    needs: 'unshare',
    command: sh(`unshare -Urpf --mount-proc sh -c 'sleep 600 & echo up >&9; wait; :'`),
    marks: ['up'],
    stands: (holders) => holders.some(({ name }) => name === 'sleep'),
  },
];
