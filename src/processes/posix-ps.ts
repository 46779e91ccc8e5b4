import { execa } from 'execa';
import { WardenError, detailOf } from '../core/errors.ts';
import type { Port, PortState } from '../core/aftermath.ts';
import type { Occupant } from '../core/ports/executor.ts';
import type { ProcessFacts, ProcessIdentity, ProcessSnapshot } from '../core/process-identity.ts';
import { type Listener, ownPortsIn, portStatesIn } from './listeners.ts';
import type { ProcessTable } from './process-table.ts';

const columns = 'pid=,ppid=,pgid=,stat=,time=,rss=,lstart=,command=';

/**
 * The start time is told in the language and the time zone of whoever asks: another window's, or that of a laptop on a
 * journey, must not make another process of it.
 */
const inOneForm = { LC_ALL: 'C', TZ: 'UTC' };

/**
 * Looks at every process by `ps`, for macOS, where `/proc` does not exist. The environment follows the command line
 * there (`-E`); that of Apple's own binaries is hidden, so who was seen to belong before counts the more.
 * Sessions are not told by number, and the start time has a resolution of one second.
 */
export class PsProcessTable implements ProcessTable {
  readonly self: ProcessIdentity;
  readonly #bootId: string;

  private constructor(bootId: string, self: ProcessIdentity) {
    this.#bootId = bootId;
    this.self = self;
  }

  static async open(): Promise<PsProcessTable> {
    const bootId = await run('sysctl', ['-n', 'kern.bootsessionuuid']);
    const snapshot = snapshotOf(bootId.trim(), await run('ps', ['-p', String(process.pid), '-ww', '-o', columns]));
    const facts = snapshot.processes.get(process.pid);
    if (facts === undefined)
      throw new WardenError('cannot_look_at_processes', { detail: 'ps does not list this process' });
    return new PsProcessTable(snapshot.bootId, { bootId: snapshot.bootId, pid: facts.pid, startTime: facts.startTime });
  }

  async look(): Promise<ProcessSnapshot> {
    return snapshotOf(this.#bootId, await run('ps', ['-A', '-E', '-ww', '-o', columns]));
  }

  async identify(pid: number): Promise<ProcessIdentity | null> {
    const facts = (await this.#some([pid])).get(pid);
    if (facts === undefined || facts.state === 'zombie') return null;
    return { bootId: this.#bootId, pid, startTime: facts.startTime };
  }

  async confirm(identities: readonly ProcessIdentity[]): Promise<(identity: ProcessIdentity) => boolean> {
    const now = await this.#some(identities.map(({ pid }) => pid));
    return ({ bootId, pid, startTime }) => {
      const facts = now.get(pid);
      return bootId === this.#bootId && facts?.startTime === startTime && facts.state === 'alive';
    };
  }

  async argumentsOf(identities: readonly ProcessIdentity[]): Promise<(readonly string[] | null)[]> {
    const listing = await this.#list(identities.map(({ pid }) => pid));
    const { processes } = snapshotOf(this.#bootId, listing);
    const words = argumentsIn(listing);
    return identities.map(({ pid, startTime }) =>
      processes.get(pid)?.startTime === startTime ? (words.get(pid) ?? null) : null,
    );
  }

  async isStopped(identity: ProcessIdentity): Promise<boolean> {
    const listing = await this.#list([identity.pid]);
    const facts = snapshotOf(this.#bootId, listing).processes.get(identity.pid);
    const isSame = identity.bootId === this.#bootId && facts?.startTime === identity.startTime;
    return isSame && line.exec(listing.trim())?.groups?.['state']?.startsWith('T') === true;
  }

  async runFolderOf({ pid, startTime }: ProcessIdentity): Promise<string | null> {
    const { stdout } = await execa('ps', ['-p', String(pid), '-E', '-ww', '-o', columns], {
      reject: false,
      env: inOneForm,
    });
    const isSame = snapshotOf(this.#bootId, stdout).processes.get(pid)?.startTime === startTime;
    return isSame ? runFolderIn(stdout) : null;
  }

  async occupantsOf(directory: string): Promise<Occupant[]> {
    // lsof leaves with 1 when nobody is there.
    const { stdout } = await execa('lsof', ['-a', '-d', 'cwd', '-F', 'pcn', '+c', '0'], { reject: false });
    return occupantsIn(stdout, directory);
  }

  async ownPortsOf(pids: readonly number[]): Promise<Port[]> {
    return ownPortsIn(await listeners(), new Set(pids));
  }

  async portStatesOf(ports: readonly Port[]): Promise<PortState[]> {
    return portStatesIn(await listeners(), ports);
  }

  async #some(pids: readonly number[]): Promise<ReadonlyMap<number, ProcessFacts>> {
    return snapshotOf(this.#bootId, await this.#list(pids)).processes;
  }

  async #list(pids: readonly number[]): Promise<string> {
    if (pids.length === 0) return '';
    // ps leaves with 1 when none of them lives.
    const { stdout } = await execa('ps', ['-p', pids.join(','), '-ww', '-o', columns], {
      reject: false,
      env: inOneForm,
    });
    return stdout;
  }
}

async function listeners(): Promise<Listener[]> {
  // lsof leaves with 1 when there are none.
  const parameters = ['-n', '-P', '-iTCP', '-sTCP:LISTEN', '-iUDP', '-F', 'pcPn', '+c', '0'];
  return listenersIn((await execa('lsof', parameters, { reject: false })).stdout);
}

async function run(program: string, parameters: readonly string[]): Promise<string> {
  try {
    const { stdout } = await execa(program, parameters, { maxBuffer: 256 * 1024 * 1024, env: inOneForm });
    return stdout;
  } catch (error) {
    throw new WardenError('cannot_look_at_processes', { detail: detailOf(error) }, { cause: error });
  }
}

/** `12 1 12 Ss 0:01.50 2048 Sat Nov 21 10:00:00 2026 /bin/sh -c … NAME=value …` */
const line =
  /^\s*(?<pid>\d+)\s+(?<parent>\d+)\s+(?<group>\d+)\s+(?<state>\S+)\s+(?<time>[\d:.-]+)\s+(?<rss>\d+)\s+(?<start>\w{3}\s+\w{3}\s+\d+\s+[\d:]+\s+\d{4})\s+(?<command>.*)$/;

/** What a listing of `ps` shows. Lines of another shape are passed over. */
export function snapshotOf(bootId: string, listing: string): ProcessSnapshot {
  const processes = new Map<number, ProcessFacts>();
  for (const text of listing.split('\n')) {
    const found = line.exec(text)?.groups;
    if (found === undefined) continue;
    const { pid = '', parent = '', group = '', state = '', time = '', rss = '', start = '', command = '' } = found;
    processes.set(Number(pid), {
      pid: Number(pid),
      parentPid: Number(parent),
      groupId: Number(group),
      sessionId: 0,
      startTime: start.replaceAll(/\s+/g, ' '),
      state: state.startsWith('Z') ? 'zombie' : 'alive',
      uninterruptible: state.startsWith('U') || state.startsWith('D'),
      cookie: cookieIn(command),
      name: (command.split(' ')[0] ?? '').split('/').at(-1) ?? '',
      cpuMilliseconds: millisecondsIn(time),
      memoryBytes: Number(rss) * 1024,
    });
  }
  return { bootId, processes };
}

/** The environment comes after the arguments, which may speak of a run too. */
function cookieIn(command: string): string | null {
  return [...command.matchAll(/(?:^|\s)WARDEN_RUN_ID=(run_[0-9a-f]{12})(?=\s|$)/g)].at(-1)?.[1] ?? null;
}

/** The value of WARDEN_RUN_DIR in a line of `ps -E`, as far as the next variable: it may have blanks in it. */
export function runFolderIn(text: string): string | null {
  return /(?:^|\s)WARDEN_RUN_DIR=(.*?)(?=\s+[A-Za-z_][A-Za-z0-9_]*=|\s*$)/.exec(text)?.[1] ?? null;
}

/** The command lines of a listing of `ps`, by pid: where one argument ends and the next begins is not told there. */
export function argumentsIn(listing: string): Map<number, string[]> {
  const byPid = new Map<number, string[]>();
  for (const text of listing.split('\n')) {
    const { pid, command } = line.exec(text)?.groups ?? {};
    if (pid !== undefined && command !== undefined) byPid.set(Number(pid), command.split(/\s+/));
  }
  return byPid;
}

/** `[days-][hours:]minutes:seconds[.hundredths]` */
function millisecondsIn(time: string): number {
  const [clock = '', days = '0'] = time.split('-').toReversed();
  const seconds = clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  return (Number(days) * 86_400 + seconds) * 1000;
}

/** lsof's field output: `p12`, `cbash`, `n/folder`, one a line. What its locale cannot print is `\xc3\xa9` there. */
export function occupantsIn(listing: string, directory: string): Occupant[] {
  const occupants: Occupant[] = [];
  let pid = 0;
  let name = '';
  for (const field of listing.split('\n')) {
    const value = field.slice(1);
    if (field.startsWith('p')) pid = Number(value);
    else if (field.startsWith('c')) name = value;
    else if (field.startsWith('n') && [value, unescaped(value)].some((folder) => isWithin(folder, directory)))
      occupants.push({ pid, name });
  }
  return occupants;
}

const isWithin = (folder: string, directory: string): boolean =>
  folder === directory || folder.startsWith(`${directory}/`);

function unescaped(text: string): string {
  const bytes = text
    .split(/\\x([0-9a-f]{2})/)
    .map((part, index) => (index % 2 === 0 ? Buffer.from(part) : Buffer.from(part, 'hex')));
  return Buffer.concat(bytes).toString();
}

/** The same with `PTCP` and `n127.0.0.1:3000` for each descriptor; `n*:53->…` is a connection. */
export function listenersIn(listing: string): Listener[] {
  const found: Listener[] = [];
  let [pid, name, protocol] = [0, '', ''];
  for (const field of listing.split('\n')) {
    const value = field.slice(1);
    if (field.startsWith('p')) pid = Number(value);
    else if (field.startsWith('c')) name = value;
    else if (field.startsWith('P')) protocol = value.toLowerCase();
    else if (field.startsWith('n') && (protocol === 'tcp' || protocol === 'udp')) {
      const port = /:(\d+)$/.exec(value)?.[1];
      if (port !== undefined && !value.includes('->')) found.push({ pid, name, protocol, port: Number(port) });
    }
  }
  return found;
}
