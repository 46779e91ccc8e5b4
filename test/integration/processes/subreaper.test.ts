import { copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { HeldLaunch } from '../../../src/core/ports/executor.ts';
import { LinuxLauncher } from '../../../src/processes/linux-launch.ts';
import { LinuxProcessTable } from '../../../src/processes/linux-proc.ts';
import { LocalExecutor } from '../../../src/processes/local-executor.ts';
import { launchUnderSubreaper } from '../../../src/processes/posix-launch.ts';
import { sendPosixSignal } from '../../../src/processes/posix-signal.ts';
import { findSubreaper } from '../../../src/processes/subreaper.ts';
import { eventually } from '../../support/eventually.ts';
import { type PreparedLaunch, preparedLaunch } from '../../support/prepared-launch.ts';

const table = new LinuxProcessTable();
const searchPath = process.env['PATH'] ?? '';
const pythonThere = (await findSubreaper(searchPath, 'an architecture without a number')) !== null;

const executorFor = (launcher: LinuxLauncher): LocalExecutor =>
  new LocalExecutor(table, (_, request) => launcher.launch(table, request), sendPosixSignal);
const executor = executorFor(new LinuxLauncher(searchPath));

/** A folder with this program under this name alone. */
async function pathWith(run: PreparedLaunch, name: string, program: string): Promise<string> {
  const folder = path.join(run.folder, 'programs');
  await mkdir(folder);
  await copyFile(program, path.join(folder, name));
  return folder;
}

async function pythonPath(run: PreparedLaunch): Promise<string> {
  const folder = path.join(run.folder, 'programs');
  await mkdir(folder);
  await symlink((await findSubreaper(searchPath, 'none'))?.program ?? '', path.join(folder, 'python3'));
  return folder;
}

async function launch(run: PreparedLaunch, searchIn = searchPath): Promise<HeldLaunch> {
  const held = await executorFor(new LinuxLauncher(searchIn)).launch(run.request);
  await held.release();
  return held;
}

async function stateOf(pid: number): Promise<{ readonly state: string; readonly parent: number } | null> {
  try {
    const [state = '', parent = ''] = (await readFile(`/proc/${pid}/stat`, 'latin1')).split(') ')[1]?.split(' ') ?? [];
    return { state, parent: Number(parent) };
  } catch {
    return null;
  }
}

async function childrenOf(pid: number): Promise<number[]> {
  return [...(await executor.look()).processes.values()]
    .filter(({ parentPid }) => parentPid === pid)
    .map((facts) => facts.pid);
}

/** Becomes a daemon: forks twice, a session of its own, nothing in its environment; tells its pid in a file. */
const daemon = (file: string, program: string): string =>
  `(env -i /usr/bin/setsid /bin/sh -c 'echo $$ > ${file}; exec ${program}' &)`;

const pidIn = (run: PreparedLaunch, file: string): Promise<number> =>
  eventually(async () => Number(await readFile(path.join(run.folder, file), 'utf8').catch(() => '')) || null);

async function end(pid: number): Promise<void> {
  const identity = await table.identify(pid);
  if (identity !== null) expect(await executor.signal([{ identity, signal: 'SIGKILL' }])).toEqual(['sent']);
}

describe('the wrapper as child subreaper', () => {
  test('adopts a daemon, and outlives the command until the daemon is gone; the exit is recorded at once', async () => {
    await using run = await preparedLaunch(['sh', '-c', `${daemon('pid', 'sleep 600')}; sleep 0.1; exit 3`]);
    const held = await launch(run);
    expect(held.containment.subreaper).toBe(true);
    const pid = await pidIn(run, 'pid');
    try {
      expect(await run.exitCode()).toBe(3);
      expect(await stateOf(pid)).toMatchObject({ parent: held.wrapper.pid });
      expect(await executor.isAlive(held.wrapper)).toBe(true);
    } finally {
      await end(pid);
    }
    await eventually(async () => !(await executor.isAlive(held.wrapper)));
    expect(await stateOf(pid)).toBeNull();
    expect(await run.output()).toBe('');
  });

  test('leaves no zombies of 200 orphans that end while the command goes on', async () => {
    const orphans = '(setsid sh -c "sleep 0.0$((i % 10))" &)';
    const many = `i=0; while [ $i -lt 200 ]; do ${orphans}; i=$((i + 1)); done; echo all; sleep 600`;
    await using run = await preparedLaunch(['sh', '-c', many]);
    const held = await launch(run);
    try {
      await eventually(async () => (await run.output()) === 'all\n');
      await eventually(async () => (await childrenOf(held.wrapper.pid)).length === 1);
      expect(await childrenOf(held.wrapper.pid)).toEqual([held.command.pid]);
    } finally {
      await end(held.command.pid);
    }
    expect(await run.exitCode()).toBe(128 + 9);
  });

  test('reaps the orphans that end after the command', async () => {
    const orphans = `(setsid sh -c "while [ ! -e ended ]; do sleep 0.02; done; exit 9" &)`;
    const many = `i=0; while [ $i -lt 20 ]; do ${orphans}; i=$((i + 1)); done; exit 4`;
    await using run = await preparedLaunch(['sh', '-c', many]);
    const held = await launch(run);
    expect(await run.exitCode()).toBe(4);
    expect(await executor.isAlive(held.wrapper)).toBe(true);
    await writeFile(path.join(run.folder, 'ended'), '');
    await eventually(async () => !(await executor.isAlive(held.wrapper)));
    expect(await run.exitCode()).toBe(4);
  });

  test('does not take the exit of an orphan for that of the command', async () => {
    const command = `(setsid sh -c 'exit 9' &); (setsid sh -c 'sleep 0.1; exit 8' &); sleep 0.3; exit 7`;
    await using run = await preparedLaunch(['sh', '-c', command]);
    await launch(run);
    expect(await run.exitCode()).toBe(7);
  });

  test('keeps the exit record when the whole group is told to end', async () => {
    const command = `${daemon('pid', 'sleep 600')}; sleep 600 & trap 'exit 6' TERM; echo ready; wait`;
    await using run = await preparedLaunch(['sh', '-c', command]);
    const held = await launch(run);
    const pid = await pidIn(run, 'pid');
    await eventually(async () => (await run.output()) === 'ready\n');
    process.kill(-held.wrapper.pid, 'SIGTERM');
    expect(await run.exitCode()).toBe(6);
    await end(pid);
    await eventually(async () => !(await executor.isAlive(held.wrapper)));
  });

  test('costs no process and no child once the command runs', async () => {
    await using run = await preparedLaunch(['sleep', '600']);
    const held = await launch(run);
    expect(await readFile(`/proc/${held.wrapper.pid}/comm`, 'utf8')).toMatch(/^(sh|dash|bash|busybox)\n$/);
    expect(await childrenOf(held.wrapper.pid)).toEqual([held.command.pid]);
    await end(held.command.pid);
    await eventually(async () => !(await executor.isAlive(held.wrapper)));
  });
});

describe('a launch', () => {
  const everything = ['sh', '-c', 'pwd; env | sort; grep -E "Sig(Ign|Blk)" /proc/self/status; ls /proc/$$/fd'] as const;
  const environment = {
    PATH: searchPath,
    LC_ALL: 'xx_YY',
    PERL5OPT: '-MNo::Such::Module',
    PERL5LIB: '/nowhere',
    PERL_BADLANG: '1',
    PYTHONSTARTUP: '/nowhere',
    PYTHONHOME: '/nowhere',
    WARDEN_MESSAGE: "a 'quoted'\nline = $(with) \\ everything",
  };

  async function seenByCommand(searchIn: (run: PreparedLaunch) => Promise<string>, locale: object): Promise<string> {
    await using run = await preparedLaunch(everything, { ...environment, ...locale });
    await launch(run, await searchIn(run));
    expect(await run.exitCode()).toBe(0);
    return (await run.output()).replaceAll(run.folder, '<folder>');
  }

  test.for([
    ['perl', () => Promise.resolve(searchPath), {}, false],
    ['python3', pythonPath, {}, !pythonThere],
    ['python3 in another locale', pythonPath, { LC_ALL: '', LC_CTYPE: 'C' }, !pythonThere],
  ] as const)('by %s gives the command what it would have without', async ([, searchIn, locale, skipped], { skip }) => {
    skip(skipped, 'no python3 here');
    const without = await seenByCommand(() => Promise.resolve('/nowhere'), locale);
    expect(without).toContain('WARDEN_MESSAGE');
    expect(await seenByCommand(searchIn, locale)).toBe(without);
  });

  test.skipIf(!pythonThere)('by python3 makes the wrapper a subreaper too', async () => {
    await using run = await preparedLaunch(['sh', '-c', `${daemon('pid', 'sleep 600')}; sleep 0.1`]);
    const held = await launch(run, await pythonPath(run));
    expect(held.containment.subreaper).toBe(true);
    const pid = await pidIn(run, 'pid');
    expect(await run.exitCode()).toBe(0);
    expect(await stateOf(pid)).toMatchObject({ parent: held.wrapper.pid });
    await end(pid);
    await eventually(async () => !(await executor.isAlive(held.wrapper)));
  });

  test.each([
    ['neither perl nor python3 is there', () => Promise.resolve('/nowhere')],
    ['perl does not work', (run: PreparedLaunch) => pathWith(run, 'perl', '/bin/false')],
    ['perl is a script that ends like one that works', shim],
  ])('works where %s, and says that nothing was achieved', async (_, searchIn) => {
    await using run = await preparedLaunch(['sh', '-c', 'echo started; exit 5']);
    const held = await launch(run, await searchIn(run));
    expect(held.containment).toMatchObject({ subreaper: false });
    expect(await run.exitCode()).toBe(5);
    expect(await run.output()).toBe('started\n');
    await eventually(async () => !(await executor.isAlive(held.wrapper)));
  });

  async function shim(run: PreparedLaunch): Promise<string> {
    const folder = path.join(run.folder, 'programs');
    await mkdir(folder);
    await writeFile(path.join(folder, 'perl'), '#!/bin/sh\necho subreaper >&3\nsleep 600\n', { mode: 0o755 });
    return folder;
  }

  test('where perl cannot set the flag says so', async () => {
    await using run = await preparedLaunch(['sh', '-c', 'exit 5']);
    // As under a filter of system calls: the number names one that does not exist.
    const subreaper = await findSubreaper(searchPath, 'x64');
    if (subreaper === null) throw new Error('no perl here');
    const start: typeof subreaper.start = (argv, its) => {
      const { parameters, ...rest } = subreaper.start(argv, its);
      return { ...rest, parameters: parameters.map((parameter) => (parameter === '157' ? '99999' : parameter)) };
    };
    const held = await launchUnderSubreaper(table, run.request, { ...subreaper, start });
    expect(held?.containment).toMatchObject({ subreaper: false });
    await held?.release();
    expect(await run.exitCode()).toBe(5);
  });

  test('that cannot start at all fails with the reason of the launch itself', async () => {
    await using run = await preparedLaunch(['true']);
    const request = { ...run.request, workingDirectory: path.join(run.folder, 'missing') };
    await expect(executor.launch(request)).rejects.toMatchObject({ code: 'ENOENT' });
    expect((await executor.launch(run.request)).containment.subreaper).toBe(true);
  });
});
