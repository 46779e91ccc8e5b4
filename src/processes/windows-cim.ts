import { execa } from 'execa';
import * as z from 'zod/mini';
import { WardenError, detailOf } from '../core/errors.ts';
import type { Port, PortState } from '../core/aftermath.ts';
import type { Occupant } from '../core/ports/executor.ts';
import type { ProcessFacts, ProcessIdentity, ProcessSnapshot } from '../core/process-identity.ts';
import { windowsArguments } from './windows-arguments.ts';
import { type Listener, ownPortsIn, portStatesIn } from './listeners.ts';
import type { ProcessTable } from './process-table.ts';

const listingSchema = z.object({
  boot: z.string(),
  processes: z.array(
    z.object({
      ProcessId: z.number(),
      ParentProcessId: z.number(),
      Name: z.string(),
      Start: z.nullable(z.string()),
      KernelModeTime: z.nullable(z.number()),
      UserModeTime: z.nullable(z.number()),
      WorkingSetSize: z.nullable(z.number()),
    }),
  ),
});

/** The number of the process "System", which lives as long as its boot. */
const systemPid = 4;

const query = `
$ErrorActionPreference = 'Stop'
$boot = (Get-CimInstance Win32_OperatingSystem).LastBootUpTime.ToFileTimeUtc().ToString()
$processes = @(Get-CimInstance Win32_Process | Select-Object ProcessId, ParentProcessId, Name,
  @{ n = 'Start'; e = { if ($_.CreationDate) { $_.CreationDate.ToFileTimeUtc().ToString() } else { $null } } },
  KernelModeTime, UserModeTime, WorkingSetSize)
@{ boot = $boot; processes = $processes } | ConvertTo-Json -Compress -Depth 3
`;

const commandLinesSchema = z.array(
  z.object({ ProcessId: z.number(), Start: z.nullable(z.string()), CommandLine: z.nullable(z.string()) }),
);

const commandLinesOf = (pids: readonly number[]): string => `
$ErrorActionPreference = 'Stop'
$processes = @(Get-CimInstance Win32_Process -Filter '${pids.map((pid) => `ProcessId=${pid}`).join(' or ')}' |
  Select-Object ProcessId, CommandLine,
    @{ n = 'Start'; e = { if ($_.CreationDate) { $_.CreationDate.ToFileTimeUtc().ToString() } else { $null } } })
ConvertTo-Json -Compress -Depth 3 -InputObject $processes
`;

/**
 * Looks at every process by CIM, for Windows: no environments, groups or sessions are told, so a run's processes are
 * known by descent and by having been seen before.
 */
export class WindowsProcessTable implements ProcessTable {
  readonly self: ProcessIdentity;

  private constructor(self: ProcessIdentity) {
    this.self = self;
  }

  static async open(): Promise<WindowsProcessTable> {
    const snapshot = snapshotOf(await list());
    const facts = snapshot.processes.get(process.pid);
    if (facts === undefined)
      throw new WardenError('cannot_look_at_processes', { detail: 'CIM does not list this process' });
    return new WindowsProcessTable({ bootId: snapshot.bootId, pid: facts.pid, startTime: facts.startTime });
  }

  async look(): Promise<ProcessSnapshot> {
    return snapshotOf(await list());
  }

  async identify(pid: number): Promise<ProcessIdentity | null> {
    const { bootId, processes } = await this.look();
    const facts = processes.get(pid);
    return facts === undefined ? null : { bootId, pid, startTime: facts.startTime };
  }

  async confirm(): Promise<(identity: ProcessIdentity) => boolean> {
    const { bootId, processes } = await this.look();
    return (identity) => identity.bootId === bootId && processes.get(identity.pid)?.startTime === identity.startTime;
  }

  async argumentsOf(identities: readonly ProcessIdentity[]): Promise<(readonly string[] | null)[]> {
    if (identities.length === 0) return [];
    const started = commandLinesIn(await ask(commandLinesOf(identities.map(({ pid }) => pid))));
    return identities.map(({ pid, startTime }) => {
      const found = started.get(pid);
      return found === undefined || found.startTime !== startTime ? null : windowsArguments(found.commandLine);
    });
  }

  /** The environment of a process is not told. */
  runFolderOf(): Promise<null> {
    return Promise.resolve(null);
  }

  async ownPortsOf(pids: readonly number[]): Promise<Port[]> {
    return ownPortsIn(listenersIn(await netstat()), new Set(pids));
  }

  async portStatesOf(ports: readonly Port[]): Promise<PortState[]> {
    const listeners = listenersIn(await netstat());
    const states = portStatesIn(listeners, ports);
    if (states.every(({ state }) => state === 'free')) return states;
    const { processes } = await this.look();
    return portStatesIn(
      listeners.map((listener) => ({ ...listener, name: processes.get(listener.pid)?.name ?? '' })),
      ports,
    );
  }

  /** Windows has no stopped processes, only threads that are suspended. */
  isStopped(): Promise<boolean> {
    return Promise.resolve(false);
  }

  /** Windows does not tell working directories, but it refuses to rename a folder that somebody is in. */
  occupantsOf(): Promise<Occupant[]> {
    return Promise.resolve([]);
  }
}

/** Ten times quicker than Get-NetTCPConnection, which counts before a first signal. */
async function netstat(): Promise<string> {
  return (await execa('netstat.exe', ['-a', '-n', '-o'], { maxBuffer: 256 * 1024 * 1024 })).stdout;
}

const list = (): Promise<string> => ask(query);

async function ask(command: string): Promise<string> {
  try {
    const { stdout } = await execa('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', command], {
      maxBuffer: 256 * 1024 * 1024,
    });
    return stdout;
  } catch (error) {
    throw new WardenError('cannot_look_at_processes', { detail: detailOf(error) }, { cause: error });
  }
}

/**
 * What the listing shows. Times are in units of 100 ns there.
 *
 * A boot is told by when its first process began: the time of the boot itself is what the clock says now without the time
 * since then, so it moves when the clock is set (psutil's issue 1007 is about that).
 */
export function snapshotOf(listing: string): ProcessSnapshot {
  const parsed = listingSchema.safeParse(JSON.parse(listing));
  if (!parsed.success) throw new WardenError('cannot_look_at_processes', { detail: z.prettifyError(parsed.error) });
  const starts = new Map(parsed.data.processes.map(({ ProcessId, Start }) => [ProcessId, Start]));
  const processes = new Map<number, ProcessFacts>();
  for (const entry of parsed.data.processes) {
    processes.set(entry.ProcessId, {
      pid: entry.ProcessId,
      parentPid: isYounger(starts.get(entry.ParentProcessId), entry.Start) ? 0 : entry.ParentProcessId,
      groupId: 0,
      sessionId: 0,
      startTime: entry.Start ?? '',
      state: 'alive',
      uninterruptible: false,
      cookie: null,
      name: entry.Name,
      cpuMilliseconds: ((entry.KernelModeTime ?? 0) + (entry.UserModeTime ?? 0)) / 10_000,
      memoryBytes: entry.WorkingSetSize ?? 0,
    });
  }
  return { bootId: starts.get(systemPid) ?? parsed.data.boot, processes };
}

/**
 * Windows tells the number of the parent that a process once had, and gives it out again when that is gone. Nobody is the
 * child of one who began later; taken for one, the processes of the whole session have been ended with a tree.
 */
function isYounger(parent: string | null | undefined, child: string | null): boolean {
  return parent != null && child !== null && BigInt(parent) > BigInt(child);
}

/** What that listing shows, by pid. A process of somebody else's has no command line there. */
export function commandLinesIn(listing: string): Map<number, { startTime: string; commandLine: string }> {
  const parsed = commandLinesSchema.safeParse(JSON.parse(listing));
  if (!parsed.success) throw new WardenError('cannot_look_at_processes', { detail: z.prettifyError(parsed.error) });
  return new Map(
    parsed.data.map(({ ProcessId, Start, CommandLine }) => [
      ProcessId,
      { startTime: Start ?? '', commandLine: CommandLine ?? '' },
    ]),
  );
}

/** `TCP 0.0.0.0:135 0.0.0.0:0 LISTENING 1204`; the state is told in the language of the system, so it is not read. */
export function listenersIn(listing: string): Listener[] {
  return listing.split('\n').flatMap((line): Listener[] => {
    const fields = line.trim().split(/\s+/);
    const [protocol = '', local = '', remote = ''] = fields;
    const port = Number(local.slice(local.lastIndexOf(':') + 1));
    const pid = Number(fields.at(-1));
    if (protocol === 'TCP' && remote.endsWith(':0')) return [{ pid, name: '', port, protocol: 'tcp' }];
    return protocol === 'UDP' ? [{ pid, name: '', port, protocol: 'udp' }] : [];
  });
}
