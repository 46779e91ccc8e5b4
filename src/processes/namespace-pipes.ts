import { execFile } from 'node:child_process';
import { closeSync, constants, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/**
 * Those that this process holds. It does so until it ends, since until then somebody lives here; nothing that it starts
 * gets them.
 */
const held = new Map<string, number>();

/**
 * A pipe in the state folder for each pid namespace but the machine's first: whoever of ours lives in one holds its pipe,
 * the windows and commands as well as the wrappers of runs. With the last of them it loses its readers, which those who
 * open the other end are told (ENXIO, fifo(7)), in whichever namespace they are. So a container that was started anew
 * knows that the runs of the one before are gone, though it could never see them.
 */
export class NamespacePipes {
  readonly #folder: string;

  constructor(stateFolder: string) {
    this.#folder = path.join(stateFolder, 'namespaces');
  }

  /** @returns where it is; null where the state folder can have no pipes: then nobody can tell, and all may be alive */
  async hold(namespace: string): Promise<string | null> {
    const file = this.#fileOf(namespace);
    if (held.has(file)) return file;
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      // Where there is one already mkfifo fails.
      await execute('mkfifo', ['-m', '600', file]).catch(() => undefined);
      held.set(file, openSync(file, constants.O_RDWR | constants.O_NONBLOCK));
      return file;
    } catch {
      return null;
    }
  }

  /** Nobody of ours is in it any more. False where that cannot be told. */
  isDeserted(namespace: string): boolean {
    try {
      closeSync(openSync(this.#fileOf(namespace), constants.O_WRONLY | constants.O_NONBLOCK));
      return false;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ENXIO';
    }
  }

  #fileOf(namespace: string): string {
    return path.join(this.#folder, namespace);
  }
}
