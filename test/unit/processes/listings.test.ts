import { describe, expect, test } from 'vitest';
import { cookieIn } from '../../../src/processes/linux-environment.ts';
import { argumentsIn as argumentsInProc } from '../../../src/processes/linux-arguments.ts';
import { socketIn } from '../../../src/processes/linux-ports.ts';
import { ownPortsIn, portStatesIn } from '../../../src/processes/listeners.ts';
import { parseStat } from '../../../src/processes/linux-stat.ts';
import {
  argumentsIn as argumentsInPs,
  listenersIn as macListenersIn,
  occupantsIn,
  runFolderIn,
  snapshotOf as snapshotOfPs,
} from '../../../src/processes/posix-ps.ts';
import { runEnvironment } from '../../../src/processes/run-environment.ts';
import { windowsArguments } from '../../../src/processes/windows-arguments.ts';
import {
  commandLinesIn,
  listenersIn as windowsListenersIn,
  snapshotOf as snapshotOfCim,
} from '../../../src/processes/windows-cim.ts';

describe('/proc/<pid>/stat', () => {
  const line = (name: string, state: string, threads: number): string =>
    `42 (${name}) ${state} 7 40 39 0 -1 4194304 100 0 0 0 150 50 30 20 20 0 ${threads} 0 123456 1000000 25 18446744073709551615 0`;

  test('is read by counting from the last parenthesis, whatever the name holds', () => {
    expect(parseStat(line('a) S 1 (b', 'S', 1))).toEqual({
      pid: 42,
      name: 'a) S 1 (b',
      state: 'alive',
      uninterruptible: false,
      isStopped: false,
      parentPid: 7,
      groupId: 40,
      sessionId: 39,
      startTime: '123456',
      cpuMilliseconds: 2500,
      memoryBytes: 25 * 4096,
    });
  });

  test('tells a zombie from a process whose first thread alone has ended', () => {
    expect(parseStat(line('x', 'Z', 1))?.state).toBe('zombie');
    expect(parseStat(line('x', 'Z', 3))?.state).toBe('alive');
    expect(parseStat(line('x', 'D', 1))?.uninterruptible).toBe(true);
  });

  test('that is cut off is nobody', () => {
    expect(parseStat('42 (x) S 7')).toBeNull();
    expect(parseStat('')).toBeNull();
  });
});

test('/proc/<pid>/cmdline gives each argument, empty ones too', () => {
  expect(argumentsInProc('git\0-C\0a folder\0commit\0-m\0\0')).toEqual(['git', '-C', 'a folder', 'commit', '-m', '']);
  expect(argumentsInProc('')).toEqual([]);
  expect(argumentsInProc('a title that was overwritten')).toEqual(['a title that was overwritten']);
});

describe('the cookie', () => {
  const environment = (...entries: string[]): string => entries.map((entry) => `${entry}\0`).join('');

  test('is found first, last and in the middle, and only as a whole name', () => {
    expect(cookieIn(environment('WARDEN_RUN_ID=run_000000000001', 'A=b'))).toBe('run_000000000001');
    expect(cookieIn(environment('A=b', 'WARDEN_RUN_ID=run_000000000001'))).toBe('run_000000000001');
    expect(cookieIn(environment('MY_WARDEN_RUN_ID=run_000000000001'))).toBeNull();
    expect(cookieIn(environment('A=WARDEN_RUN_ID=run_000000000001', 'WARDEN_RUN_ID=run_000000000002'))).toBe(
      'run_000000000002',
    );
  });

  test('is found behind a megabyte of other things', () => {
    expect(cookieIn(environment(`A=${'x'.repeat(1_000_000)}`, 'WARDEN_RUN_ID=run_000000000001'))).toBe(
      'run_000000000001',
    );
  });
});

describe("the listing of macOS's ps", () => {
  test('gives processes, states and cookies', () => {
    const { processes } = snapshotOfPs(
      'boot',
      [
        '    1     0     1 Ss     0:01.50   2048 Sat Nov  1 10:00:00 2026 /sbin/launchd',
        '  321     1   321 Ss   1-02:03:04   512 Sat Nov 21 10:00:00 2026 /bin/sh -c x WARDEN_RUN_ID=run_0123456789ab HOME=/Users/x',
        '  400   321   321 Z      0:00.00      0 Sat Nov 21 10:00:01 2026 (sh)',
        'something else',
      ].join('\n'),
    );
    expect([...processes.keys()]).toEqual([1, 321, 400]);
    expect(processes.get(321)).toMatchObject({
      parentPid: 1,
      groupId: 321,
      name: 'sh',
      cookie: 'run_0123456789ab',
      startTime: 'Sat Nov 21 10:00:00 2026',
      cpuMilliseconds: (86_400 + 2 * 3600 + 3 * 60 + 4) * 1000,
      memoryBytes: 512 * 1024,
    });
    expect(processes.get(400)?.state).toBe('zombie');
  });

  test('takes the cookie from the environment, whatever run the arguments speak of', () => {
    const command = 'agent -p see WARDEN_RUN_ID=run_000000000001 WARDEN_RUN_ID=run_000000000002 HOME=/x';
    const listing = `  400   321   321 S      0:00.00      0 Sat Nov 21 10:00:01 2026 ${command}`;
    expect(snapshotOfPs('boot', listing).processes.get(400)?.cookie).toBe('run_000000000002');
  });

  test('gives command lines, cut at their blanks', () => {
    const listing = '  400   321   321 S      0:00.00      0 Sat Nov 21 10:00:01 2026 /usr/bin/git -C /x commit';
    expect(argumentsInPs(listing)).toEqual(new Map([[400, ['/usr/bin/git', '-C', '/x', 'commit']]]));
  });

  test.each([
    ['sleep 600 WARDEN_RUN_DIR=/home/dev/state/runs/run_1 HOME=/home/dev', '/home/dev/state/runs/run_1'],
    [
      'sleep 600 A=b WARDEN_RUN_DIR=/Users/dev/Application Support/runs/run_1 HOME=/x',
      '/Users/dev/Application Support/runs/run_1',
    ],
    [
      'sleep 600 WARDEN_RUN_DIR=/Users/dev/Application Support/runs/run_1\n',
      '/Users/dev/Application Support/runs/run_1',
    ],
    ['sleep 600 MY_WARDEN_RUN_DIR=/x', null],
  ])('names the folder of its run: %j', (text, folder) => {
    expect(runFolderIn(text)).toBe(folder);
  });

  test('and of lsof tells who is in a folder, and not in one with a longer name', () => {
    const listing =
      'p10\ncbash\nfcwd\nn/work/tree\np11\ncnode\nfcwd\nn/work/tree/deep\np12\ncvim\nfcwd\nn/work/tree-two';
    expect(occupantsIn(listing, '/work/tree').map(({ pid }) => pid)).toEqual([10, 11]);
  });

  test('the same where its locale has no such letters, as that of a program from the Dock', () => {
    const listing = [
      'p10',
      'cbash',
      'fcwd',
      String.raw`n/work/caf\xc3\xa9/deep`,
      'p11',
      'cbash',
      'fcwd',
      'n/work/café',
    ];
    expect(occupantsIn(listing.join('\n'), '/work/café').map(({ pid }) => pid)).toEqual([10, 11]);
  });
});

describe('the listing of Windows', () => {
  test('gives processes with times in milliseconds', () => {
    const listing = JSON.stringify({
      boot: '133',
      processes: [
        {
          ProcessId: 8,
          ParentProcessId: 4,
          Name: 'node.exe',
          Start: '134',
          KernelModeTime: 10_000,
          UserModeTime: 20_000,
          WorkingSetSize: 5,
        },
      ],
    });
    const { bootId, processes } = snapshotOfCim(listing);
    expect(bootId).toBe('133');
    expect(processes.get(8)).toMatchObject({ parentPid: 4, name: 'node.exe', startTime: '134', cpuMilliseconds: 3 });
  });

  describe('of processes that have begun one after another', () => {
    const process = (ProcessId: number, ParentProcessId: number, Start: string | null): object => ({
      ProcessId,
      ParentProcessId,
      Start,
      Name: 'x.exe',
      KernelModeTime: null,
      UserModeTime: null,
      WorkingSetSize: null,
    });
    const listing = (...processes: object[]): string => JSON.stringify({ boot: '1000000000000000001', processes });

    test('names no parent that is younger: its number was given out again', () => {
      const { processes } = snapshotOfCim(
        listing(
          process(100, 8, '999999999999999999'),
          process(8, 4, '1000000000000000000'),
          process(12, 8, '1000000000000000000'),
          process(16, 8, null),
          process(20, 24, '1000000000000000000'),
        ),
      );
      const parents = [...processes.values()].map(({ pid, parentPid }) => [pid, parentPid]);
      expect(parents).toEqual([
        [100, 0],
        [8, 4],
        [12, 8],
        [16, 8],
        [20, 24],
      ]);
    });

    test('tells the boot by the first of them, which a clock that is set does not move', () => {
      expect(snapshotOfCim(listing(process(4, 0, '999'), process(8, 4, '1000'))).bootId).toBe('999');
      expect(snapshotOfCim(listing(process(4, 0, null))).bootId).toBe('1000000000000000001');
    });
  });

  test('gives command lines', () => {
    const one = { ProcessId: 8, Start: '134', CommandLine: '"C:\\Program Files\\Git\\cmd\\git.exe" commit -m "a b"' };
    const found = commandLinesIn(JSON.stringify([one, { ProcessId: 4, Start: null, CommandLine: null }]));
    expect(found.get(8)).toEqual({ startTime: '134', commandLine: one.CommandLine });
    expect(found.get(4)).toEqual({ startTime: '', commandLine: '' });
  });

  test.each([
    ['git commit', ['git', 'commit']],
    ['"C:\\a b\\git.exe"  push\t-q', ['C:\\a b\\git.exe', 'push', '-q']],
    ['git commit -m "say \\"x\\""', ['git', 'commit', '-m', 'say "x"']],
    ['git "a\\\\" b\\c', ['git', 'a\\', 'b\\c']],
    ['git "" x', ['git', '', 'x']],
    ['git "never closed', ['git', 'never closed']],
    ['', []],
  ])('has %j cut as its C runtime does', (line, words) => {
    expect(windowsArguments(line)).toEqual(words);
  });

  test('of another shape is an error, not an empty machine', () => {
    expect(() => snapshotOfCim('{}')).toThrow(expect.objectContaining({ code: 'cannot_look_at_processes' }));
  });
});

test("a run does not inherit what is the host's alone", () => {
  expect(
    runEnvironment({
      PATH: '/bin',
      ELECTRON_RUN_AS_NODE: '1',
      VSCODE_IPC_HOOK: 'x',
      NODE_OPTIONS: '--x',
      WARDEN_RUN_ID: 'run_1',
      HOME: undefined,
    }),
  ).toEqual({ PATH: '/bin' });
});

describe('listings of ports', () => {
  test('of Linux tell what listens, and the socket’s number', () => {
    const line =
      '   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0 100 0 0 10 0';
    expect(socketIn(line, 'tcp', '0A')).toEqual({ protocol: 'tcp', port: 8080, inode: '4711' });
    expect(socketIn(line, 'udp', '07')).toBeNull();
    const six = `   1: ${'0'.repeat(32)}:14E9 ${'0'.repeat(32)}:0000 07 00000000:00000000 00:00000000 00000000 0 0 12 2 0 0`;
    expect(socketIn(six, 'udp', '07')).toEqual({ protocol: 'udp', port: 5353, inode: '12' });
    expect(socketIn('  sl  local_address rem_address   st tx_queue', 'tcp', '0A')).toBeNull();
  });

  test('of lsof tell who listens, and no connections', () => {
    const listing =
      'p12\ncnode\nf20\nPTCP\nn*:3000\nf21\nPTCP\nn[::1]:3001\np13\ncdns\nf4\nPUDP\nn10.0.0.1:53->10.0.0.2:99\n';
    expect(macListenersIn(listing)).toEqual([
      { pid: 12, name: 'node', protocol: 'tcp', port: 3000 },
      { pid: 12, name: 'node', protocol: 'tcp', port: 3001 },
    ]);
  });

  test('of netstat do so in any language', () => {
    const listing = [
      'Aktive Verbindungen',
      '  Proto  Lokale Adresse         Remoteadresse          Status           PID',
      '  TCP    0.0.0.0:135            0.0.0.0:0              ABHÖREN          1204',
      '  TCP    [::]:3000              [::]:0                 ABHÖREN          77',
      '  TCP    10.0.0.1:50000         10.0.0.2:443           HERGESTELLT      77',
      '  UDP    0.0.0.0:5353           *:*                                    88',
    ].join('\r\n');
    expect(windowsListenersIn(listing)).toEqual([
      { pid: 1204, name: '', protocol: 'tcp', port: 135 },
      { pid: 77, name: '', protocol: 'tcp', port: 3000 },
      { pid: 88, name: '', protocol: 'udp', port: 5353 },
    ]);
  });

  test('tell which ports are a run’s own: nobody else listens there', () => {
    const [one, other] = [
      { pid: 1, name: 'a', protocol: 'tcp', port: 80 },
      { pid: 2, name: 'b', protocol: 'tcp', port: 81 },
    ] as const;
    const listeners = [one, { ...one, port: 81 }, other, { ...one, protocol: 'udp', port: 81 } as const];
    expect(ownPortsIn(listeners, new Set([1]))).toEqual([
      { protocol: 'tcp', port: 80 },
      { protocol: 'udp', port: 81 },
    ]);
    expect(portStatesIn([other], [one, other])).toEqual([
      { port: 80, protocol: 'tcp', state: 'free', holder: null },
      { port: 81, protocol: 'tcp', state: 'taken', holder: { pid: 2, name: 'b' } },
    ]);
  });
});
