import { readdirSync, readFileSync } from 'node:fs';

/**
 * Finds the processes below another one by reading `/proc`, so on Linux only.
 *
 * @returns pid and command line of each, in no order; a process that ended meanwhile is left out
 */
export function descendants(root: number): { pid: number; commandLine: string }[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const parent = /^\d+$/.test(name) ? parentOf(Number(name)) : undefined;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found: number[] = [];
  const below = (pid: number): void => {
    for (const child of children.get(pid) ?? []) {
      found.push(child);
      below(child);
    }
  };
  below(root);
  return found.map((pid) => ({ pid, commandLine: read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ') }));
}

function parentOf(pid: number): number | undefined {
  // The program's name comes first, in brackets, and may itself hold brackets and spaces.
  const fields = read(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ');
  return fields?.[1] === undefined ? undefined : Number(fields[1]);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
