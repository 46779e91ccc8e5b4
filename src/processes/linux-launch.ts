import type { HeldLaunch, LaunchRequest } from '../core/ports/executor.ts';
import { launchOnPosix, launchUnderSubreaper } from './posix-launch.ts';
import type { ProcessTable } from './process-table.ts';
import { findSubreaper, type Subreaper } from './subreaper.ts';
import { encloseInScope } from './systemd-scope.ts';

/**
 * Launches on Linux, as well contained as this machine lets it. What is missing or does not work never fails a launch: it
 * is done without, and the launch tells what was achieved.
 */
export class LinuxLauncher {
  readonly #searchPath: string;
  readonly #namespacePipe: string | null;
  /** Looked for once; null where there is none that works. */
  #subreaper: Promise<Subreaper | null> | null = null;

  /**
   * @param searchPath where perl or python3 is looked for, as in PATH
   * @param namespacePipe which wrappers hold, see NamespacePipes; null where there is none
   */
  constructor(searchPath: string, namespacePipe: string | null = null) {
    this.#searchPath = searchPath;
    this.#namespacePipe = namespacePipe;
  }

  async launch(table: ProcessTable, request: LaunchRequest): Promise<HeldLaunch> {
    const held = await this.#launch(table, request);
    // Before the command starts, so that whatever it ever starts is born inside.
    const controlGroup = await encloseInScope(request.runId, [held.wrapper, held.command]);
    return { ...held, containment: { ...held.containment, controlGroup } };
  }

  async #launch(table: ProcessTable, request: LaunchRequest): Promise<HeldLaunch> {
    this.#subreaper ??= findSubreaper(this.#searchPath);
    const subreaper = await this.#subreaper;
    if (subreaper === null) return launchOnPosix(table, request, this.#namespacePipe);
    const contained = await launchUnderSubreaper(table, request, subreaper, this.#namespacePipe);
    if (contained !== null) return contained;
    const held = await launchOnPosix(table, request, this.#namespacePipe);
    // It was not the request that failed.
    this.#subreaper = Promise.resolve(null);
    return held;
  }
}
