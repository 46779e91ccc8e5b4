import { perl, sh, type Shape } from './shape.ts';

/** What every other agent does. */
export const ordinary: readonly Shape[] = [
  { name: 'plain', command: sh('echo up >&9; exec sleep 600'), marks: ['up'] },
  {
    name: 'background and wait',
    command: sh('sleep 600 & sleep 600 & echo up >&9; wait'),
    marks: ['up'],
    stands: (holders) => holders.length === 3,
  },
  {
    name: 'nohup',
    command: sh(`nohup sh -c 'echo up >&9; sleep 600; :' >/dev/null 2>&1 & wait`),
    marks: ['up'],
  },
  {
    name: 'deaf to SIGTERM',
    command: perl(String.raw`
      $SIG{$_} = 'IGNORE' for qw(TERM INT HUP QUIT);
      child { mark('child'); stay() };
      mark('command');
      stay();
    `),
    marks: ['child', 'command'],
  },
  {
    name: 'stopped',
    command: perl(String.raw`
      child { mark('child'); kill 'STOP', $$; stay() };
      mark('command');
      kill 'STOP', $$;
      stay();
    `),
    marks: ['child', 'command'],
    stands: (holders) => holders.length === 2 && holders.every(({ state }) => state === 'T'),
  },
  {
    name: 'a zombie whose parent never reaps',
    command: perl(String.raw`
      child { mark('gone') };
      child { $SIG{TERM} = 'IGNORE'; mark('alive'); stay() };
      stay();
    `),
    marks: ['gone', 'alive'],
    stands: (holders) => holders.length === 2,
  },
  {
    name: '500 children',
    command: perl(String.raw`
      $SIG{TERM} = 'IGNORE';
      for (1 .. 500) { child { stay() } }
      mark('up');
      stay();
    `),
    marks: ['up'],
    stands: (holders) => holders.length === 501,
  },
];
