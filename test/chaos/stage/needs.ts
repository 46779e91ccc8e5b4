import { execa } from 'execa';
import type { Need } from '../shapes/shape.ts';

/** @returns why it cannot be tested here; null when it can */
export async function lacking(need: Need): Promise<string | null> {
  const [program, ...parameters] = probes[need];
  const { failed } = await execa(program, parameters, { reject: false, stdin: 'ignore' });
  return failed ? `NOT TESTED HERE: \`${probes[need].join(' ')}\` fails` : null;
}

const probes: Record<Need, readonly [string, ...string[]]> = {
  tmux: ['tmux', '-V'],
  script: ['script', '-qec', 'true', '/dev/null'],
  unshare: ['unshare', '-Urpf', '--mount-proc', 'true'],
};
