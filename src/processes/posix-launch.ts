import type { Readable } from 'node:stream';
import { uncontained } from '../core/containment.ts';
import type { HeldLaunch, LaunchRequest } from '../core/ports/executor.ts';
import { type WrapperMeans, wrapperScript } from '../runner/wrapper-script.ts';
import { startHeld } from './held-child.ts';
import type { ProcessTable } from './process-table.ts';
import type { Subreaper } from './subreaper.ts';

/**
 * Starts the shell's wrapper, and waits until the command's process has told its pid and waits in turn.
 * @param namespacePipe which the wrapper holds, see NamespacePipes; null where there is none
 */
export async function launchOnPosix(
  table: ProcessTable,
  request: LaunchRequest,
  namespacePipe: string | null = null,
): Promise<HeldLaunch> {
  const [program, ...parameters] = wrapperOf(request, { awaitChildren: [], namespacePipe });
  const { environment } = request;
  return { ...(await start(table, request, { program, parameters, environment }, [])), containment: uncontained };
}

/**
 * The same with the wrapper as child subreaper.
 * @returns null when the program that is to make it one ended without a word; nothing of the run was touched then
 */
export async function launchUnderSubreaper(
  table: ProcessTable,
  request: LaunchRequest,
  subreaper: Subreaper,
  namespacePipe: string | null = null,
): Promise<HeldLaunch | null> {
  const { program, awaitChildren } = subreaper;
  const how = subreaper.start(wrapperOf(request, { awaitChildren, namespacePipe }), request.environment);
  const said: string[] = [];
  try {
    const launched = await start(table, request, { program, ...how }, said);
    return { ...launched, containment: { ...uncontained, subreaper: said.includes('subreaper') } };
  } catch (error) {
    if (said.length > 0) throw error;
    return null;
  }
}

interface WrapperStart {
  readonly program: string;
  readonly parameters: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

function wrapperOf({ runDirectory, argv }: LaunchRequest, means: WrapperMeans): [string, ...string[]] {
  return ['/bin/sh', '-c', wrapperScript(means), 'warden-wrapper', runDirectory, ...argv];
}

/** @param said is given each line that is said on descriptor 3; the command's pid is the last */
async function start(
  table: ProcessTable,
  request: LaunchRequest,
  { program, parameters, environment }: WrapperStart,
  said: string[],
): Promise<Omit<HeldLaunch, 'containment'>> {
  const held = await startHeld(program, parameters, request, environment, 'pipe');
  const told = held.child.stdio[3] as Readable;
  try {
    const commandPid = await Promise.race([firstNumber(told, said), held.failed]);
    const [wrapper, command] = await Promise.all([table.identify(held.child.pid ?? 0), table.identify(commandPid)]);
    if (wrapper === null || command === null) throw new Error('the wrapper vanished before the command started');
    return { wrapper, command, release: held.release, abandon: held.abandon };
  } catch (error) {
    held.abandon();
    throw error;
  } finally {
    told.destroy();
  }
}

async function firstNumber(stream: Readable, said: string[]): Promise<number> {
  let text = '';
  for await (const chunk of stream) {
    const lines = (text + String(chunk)).split('\n');
    text = lines.pop() ?? '';
    said.push(...lines);
    const number = lines.find((line) => /^\d+$/.test(line));
    if (number !== undefined) return Number(number);
  }
  throw new Error('the command did not tell its pid');
}
