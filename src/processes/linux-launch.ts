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
  /** Looked for once; null where there is none that works. */
  #subreaper: Promise<Subreaper | null> | null = null;

  /** @param searchPath where perl or python3 is looked for, as in PATH */
  constructor(searchPath: string) {
    this.#searchPath = searchPath;
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
    if (subreaper === null) return launchOnPosix(table, request);
    const contained = await launchUnderSubreaper(table, request, subreaper);
    if (contained !== null) return contained;
    const held = await launchOnPosix(table, request);
    // It was not the request that failed.
    this.#subreaper = Promise.resolve(null);
    return held;
  }
}
