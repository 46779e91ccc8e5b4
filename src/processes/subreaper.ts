import { constants } from 'node:fs';
import { access, open } from 'node:fs/promises';
import path from 'node:path';

/** A program that makes its own process a child subreaper and then becomes another; the flag survives exec (prctl(2)). */
export interface Subreaper {
  readonly program: string;
  /**
   * How it is started so that `argv` runs with exactly this environment. It writes the line `subreaper` on descriptor 3
   * when the kernel confirms the flag, else `alone`, and becomes `argv` in either case.
   */
  start(
    argv: readonly string[],
    environment: Readonly<Record<string, string>>,
  ): { readonly parameters: readonly string[]; readonly environment: Readonly<Record<string, string>> };
  /** A command that waits until its process has no children, reaping all who end. */
  readonly awaitChildren: readonly [string, ...string[]];
}

/**
 * The number of prctl(2), which perl can only call by its number, for each of Node's architectures that have it
 * (arch/…/syscall.tbl and include/uapi/asm-generic/unistd.h of Linux).
 */
const prctlNumbers: Readonly<Record<string, number>> = {
  x64: 157,
  arm64: 167,
  riscv64: 167,
  loong64: 167,
  ppc64: 171,
  arm: 172,
  ia32: 172,
  s390x: 172,
};

/**
 * The first perl, else python3, on the search path that is a program of the machine's own and no script: the shims of
 * pyenv, plenv and the like are slow, and choose by the folder that they are started in.
 *
 * Measured, for each launch and for the whole of its life: perl 2 ms (a launch of 16 ms on a busy
 * machine took 23 ms), python3 25 ms; no memory, since it becomes the shell: 0.1 MB private with it and without.
 * @returns null when there is neither
 */
export async function findSubreaper(
  searchPath: string,
  architecture: string = process.arch,
): Promise<Subreaper | null> {
  const prctlNumber = prctlNumbers[architecture];
  const perl = prctlNumber === undefined ? null : await findNativeProgram('perl', searchPath);
  if (perl !== null && prctlNumber !== undefined) return perlSubreaper(perl, prctlNumber);
  const python = await findNativeProgram('python3', searchPath);
  return python === null ? null : pythonSubreaper(python);
}

/** 36 is PR_SET_CHILD_SUBREAPER, 37 PR_GET_CHILD_SUBREAPER. Perl closes descriptors above `$^F` when it becomes another. */
const perlScript = `
my ($prctl, $changes) = splice @ARGV, 0, 2;
for (splice @ARGV, 0, $changes) {
  my ($name, $value) = split /=/, $_, 2;
  if (defined $value) { $ENV{$name} = $value } else { delete $ENV{$name} }
}
my $flag = pack 'i', 0;
syscall $prctl + 0, 36, 1, 0, 0, 0;
my $confirmed = syscall($prctl + 0, 37, $flag, 0, 0, 0) == 0 && unpack('i', $flag) == 1;
$^F = 3;
open my $told, '>&=', 3 or exit 125;
syswrite $told, $confirmed ? "subreaper\\n" : "alone\\n";
exec { $ARGV[0] } @ARGV or exit 125;
`;

/** What perl itself heeds in the environment (PERL5OPT, PERL5LIB …) is kept from it and put back for the command. */
function perlSubreaper(program: string, prctlNumber: number): Subreaper {
  return {
    program,
    start: (argv, environment) => {
      const heeded = Object.keys(environment).filter((name) => name.startsWith('PERL'));
      const changes = ['PERL_BADLANG', ...heeded.map((name) => `${name}=${environment[name]}`)];
      const others = Object.entries(environment).filter(([name]) => !heeded.includes(name));
      return {
        parameters: ['-f', '-e', perlScript, String(prctlNumber), String(changes.length), ...changes, ...argv],
        // Or it complains of a locale that is not installed, into the run's output.
        environment: { ...Object.fromEntries(others), PERL_BADLANG: '0' },
      };
    },
    awaitChildren: [program, '-f', '-e', '1 while wait() > 0'],
  };
}

/** Python ignores two signals and may set LC_CTYPE (PEP 538); the command is to find both as they were. */
const pythonScript = `
import ctypes, os, signal, sys
if sys.argv[1] == 'unset': os.environ.pop('LC_CTYPE', None)
else: os.environ['LC_CTYPE'] = sys.argv[1][4:]
for ignored in signal.SIGPIPE, signal.SIGXFSZ: signal.signal(ignored, signal.SIG_DFL)
prctl, flag = ctypes.CDLL(None).prctl, ctypes.c_int(0)
prctl(36, 1, 0, 0, 0)
confirmed = prctl(37, ctypes.byref(flag), 0, 0, 0) == 0 and flag.value == 1
os.write(3, b'subreaper\\n' if confirmed else b'alone\\n')
os.execv(sys.argv[2], sys.argv[2:])
`;

/** Isolated (`-I`), it heeds nothing of its environment and loads nothing from the folder that it is started in. */
function pythonSubreaper(program: string): Subreaper {
  return {
    program,
    start: (argv, environment) => {
      const locale = environment['LC_CTYPE'];
      const change = locale === undefined ? 'unset' : `set ${locale}`;
      return { parameters: ['-I', '-S', '-c', pythonScript, change, ...argv], environment };
    },
    awaitChildren: [
      program,
      '-I',
      '-S',
      '-c',
      'import os\ntry:\n  while True: os.wait()\nexcept ChildProcessError: pass',
    ],
  };
}

async function findNativeProgram(name: string, searchPath: string): Promise<string | null> {
  for (const folder of searchPath.split(path.delimiter).filter((entry) => path.isAbsolute(entry))) {
    const file = path.join(folder, name);
    if (await isNativeProgram(file)) return file;
  }
  return null;
}

/** The first four bytes of every program in the ELF format. */
const elfMagic = Buffer.from('\u007FELF', 'latin1');

async function isNativeProgram(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    await using handle = await open(file);
    const { buffer } = await handle.read(Buffer.alloc(elfMagic.length), 0, elfMagic.length, 0);
    return buffer.equals(elfMagic);
  } catch {
    return false;
  }
}
