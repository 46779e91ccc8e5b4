import { execa } from 'execa';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';

/** Counts the signals that reach it, and tells them when asked; ends with whoever started it. */
const program = String.raw`
my %count;
for my $name (qw(HUP INT QUIT TERM CONT TSTP TTIN TTOU USR1 USR2 ALRM PIPE)) {
  $SIG{$name} = sub { $count{$name}++ };
}
$| = 1;
print "\n";
while (1) {
  my $length = sysread(STDIN, my $question, 1);
  next if !defined $length;
  exit if $length == 0;
  print join(' ', map { "$_ x $count{$_}" } sort keys %count), "\n";
}
`;

interface Bystander {
  readonly who: string;
  readonly child: ChildProcess;
  readonly answers: AsyncIterator<string>;
}

/**
 * Processes that look like the run's and are not: the same program names, the same folder, ids that are nearly its own.
 * None of them may ever get a signal.
 */
export class Bystanders {
  readonly #bystanders: readonly Bystander[];

  private constructor(bystanders: readonly Bystander[]) {
    this.#bystanders = bystanders;
  }

  /** @param folder a scratch folder of the test */
  static async gather(folder: string, runId: string, worktree: string): Promise<Bystanders> {
    const places = { folder, worktree };
    const names = path.join(folder, 'bystanders');
    await mkdir(names, { recursive: true });
    const { stdout: perl } = await execa('which', ['perl']);
    const start = async (who: string, name: string, where: keyof typeof places, more: NodeJS.ProcessEnv = {}) => {
      const file = path.join(names, who.replaceAll(/\W+/g, '-'), name);
      await mkdir(path.dirname(file), { recursive: true });
      await symlink(perl, file);
      const child = spawn(file, ['-e', program, runId], {
        cwd: places[where],
        env: { ...process.env, ...more },
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      await answers.next();
      return { who, child, answers };
    };
    return new Bystanders(
      await Promise.all([
        start('a shell', 'sh', 'folder'),
        start('a sleeper in the worktree', 'sleep', 'worktree'),
        start('a process of another run', 'perl', 'folder', { WARDEN_RUN_ID: 'run_0123456789ab' }),
        start('one whose run id begins like this one', 'git', 'folder', { WARDEN_RUN_ID: `${runId}0` }),
        start('one who only speaks of the run', 'perl', 'folder', {
          NOTE: `WARDEN_RUN_ID=${runId}`,
          X_WARDEN_RUN_ID: runId,
        }),
      ]),
    );
  }

  /** @returns who got which signals, or does not answer any more; empty as it should be */
  async disturbed(): Promise<string[]> {
    const told = await Promise.all(
      this.#bystanders.map(async (bystander) => ({ bystander, count: await ask(bystander) })),
    );
    return told.flatMap(({ bystander: { who }, count }) => (count === '' ? [] : [`${who}: ${count}`]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      this.#bystanders.map(async ({ child }) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        child.kill('SIGKILL');
        await once(child, 'exit');
      }),
    );
  }
}

/** Signals are delivered before the answer is given. */
async function ask({ child, answers }: Bystander): Promise<string> {
  if (child.signalCode !== null) return `ended by ${child.signalCode}`;
  child.stdin?.write('?');
  const patience = new Promise<string>((resolve) => {
    setTimeout(() => resolve('does not answer'), 5_000).unref();
  });
  const answer = answers.next().then(({ done, value }) => (done === true ? 'ended' : value));
  return Promise.race([answer, patience]);
}
