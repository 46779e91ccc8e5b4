import { execa } from 'execa';
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * When the host dies of the git that it started: `before` git does anything, `meanwhile`, and git goes on without it, `with` git, which
 * dies somewhere in the middle, or `after` git has done it.
 */
export const whens = ['before', 'meanwhile', 'with', 'after'] as const;

export interface GitMoment {
  /** The `call`th git of the host, counted from 1. */
  readonly call: number;
  readonly when: (typeof whens)[number];
}

export interface MortalGit {
  readonly environment: NodeJS.ProcessEnv;
  /** How many were started. */
  calls(): Promise<number>;
}

/** A `git` for the PATH of a host that does what git does, and kills the host at one of its calls. */
export async function mortalGit(folder: string, dieAt: GitMoment | undefined): Promise<MortalGit> {
  const program = path.join(folder, 'mortal-git', 'git');
  const steps = path.join(folder, 'git-steps');
  const real = (await execa('which', ['git'])).stdout;
  await mkdir(path.dirname(program));
  await mkdir(steps);
  await writeFile(
    program,
    `#!/bin/sh
n=1
until mkdir '${steps}'/$n 2>/dev/null; do n=$((n + 1)); done
if [ $n != '${dieAt?.call ?? 0}' ]; then exec '${real}' "$@"; fi
case '${dieAt?.when ?? ''}' in
before) kill -9 $PPID ;;
meanwhile) kill -9 $PPID; exec '${real}' "$@" ;;
with) '${real}' "$@" & perl -e 'select undef, undef, undef, rand 0.02'; kill -9 $! $PPID ;;
after) '${real}' "$@"; kill -9 $PPID ;;
esac
`,
  );
  await chmod(program, 0o755);
  return {
    environment: { PATH: `${path.dirname(program)}:${process.env['PATH'] ?? ''}` },
    calls: async () => (await readdir(steps)).length,
  };
}
