import { eventually } from '../../support/eventually.ts';
import type { Warden } from './warden.ts';

export interface Served {
  readonly address: string;
  readonly port: number | null;
  /** Ends it as Ctrl+C does. @returns its exit code */
  readonly end: () => Promise<number | null>;
}

/** `warden serve`, on a port that is free unless the parameters name a place. */
export async function served(command: Warden, ...parameters: string[]): Promise<Served> {
  const { child, ended } = command.start(['serve', '--json', ...parameters]);
  let printed = '';
  child.stdout?.on('data', (data: Buffer) => (printed += data.toString()));
  const { address, port } = await eventually(() => {
    if (child.exitCode !== null) throw new Error(`it has ended with ${child.exitCode}`);
    return printed.endsWith('}\n') ? (JSON.parse(printed) as Served) : null;
  });
  const end = async (): Promise<number | null> => {
    child.kill('SIGINT');
    return (await ended).exitCode;
  };
  return { address, port, end };
}

/** A key that `warden key create` has made. */
export async function keyOf(command: Warden, role: string, name = `a ${role}`): Promise<string> {
  const { document } = await command.json<{ key: string }>('key', 'create', '--role', role, '--name', name);
  return document.key;
}
