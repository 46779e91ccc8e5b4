import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long a process may be between two programs, where it has no arguments, before it is taken not to have any. */
const betweenProgramsMilliseconds = 50;

/** `/proc/<pid>/cmdline`; null when the process is gone, is a zombie or has overwritten it with nothing. */
export async function readArguments(pid: number): Promise<readonly string[] | null> {
  const begun = performance.now();
  for (;;) {
    const words = argumentsNow(pid);
    if (words === null || words.length > 0) return words;
    if (performance.now() - begun > betweenProgramsMilliseconds) return null;
    await sleep(1);
  }
}

function argumentsNow(pid: number): string[] | null {
  try {
    return argumentsIn(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch {
    return null;
  }
}

/** Each argument ends with a zero byte; one may be empty. */
export function argumentsIn(text: string): string[] {
  return text === '' ? [] : text.replace(/\0$/, '').split('\0');
}
