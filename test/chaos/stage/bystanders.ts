import { execa } from 'execa';
import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { exitOf } from '../../support/exit-of.ts';

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

/** A process that tells which signals reached it. */
export class Bystander implements AsyncDisposable {
  readonly who: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #answers: AsyncIterator<string>;

  private constructor(who: string, child: ChildProcess, answers: AsyncIterator<string>) {
    this.who = who;
    this.#child = child;
    this.#exited = exitOf(child);
    this.#answers = answers;
  }

  /** @param file perl, under whatever name */
  static async start(who: string, file: string, options: SpawnOptions = {}): Promise<Bystander> {
    const child = spawn(file, ['-e', program, who], { ...options, stdio: ['pipe', 'pipe', 'inherit'] });
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const bystander = new Bystander(who, child, answers);
    await answers.next();
    return bystander;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Signals are delivered before the answer is given. @returns their names, or how it ended; empty as it should be */
  async disturbance(): Promise<string> {
    if (this.#child.signalCode !== null) return `ended by ${this.#child.signalCode}`;
    this.#child.stdin?.write('?');
    const patience = new Promise<string>((resolve) => {
      setTimeout(() => resolve('does not answer'), 20_000).unref();
    });
    const answer = this.#answers.next().then(({ done, value }) => (done === true ? 'ended' : value));
    return Promise.race([answer, patience]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }
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
      return Bystander.start(who, file, { cwd: places[where], env: { ...process.env, ...more } });
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
      this.#bystanders.map(async (bystander) => ({ who: bystander.who, what: await bystander.disturbance() })),
    );
    return told.flatMap(({ who, what }) => (what === '' ? [] : [`${who}: ${what}`]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#bystanders.map((bystander) => bystander[Symbol.asyncDispose]()));
  }
}
