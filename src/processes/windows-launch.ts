import { uncontained } from '../core/containment.ts';
import type { HeldLaunch, LaunchRequest } from '../core/ports/executor.ts';
import { nodeRunnerScript } from '../runner/node-runner.ts';
import { startHeld } from './held-child.ts';
import type { ProcessTable } from './process-table.ts';

/**
 * Starts the Node runner, which stands for the command: it starts it when told to, so the command's own number is not
 * known beforehand, and a kill takes the tree from the runner down.
 */
export async function launchOnWindows(table: ProcessTable, request: LaunchRequest): Promise<HeldLaunch> {
  // In desktop VS Code this program is Electron; the runner takes the variable out before the command inherits it.
  const environment = { ...request.environment, ELECTRON_RUN_AS_NODE: '1' };
  const parameters = ['-e', nodeRunnerScript, request.runDirectory, ...request.argv];
  const held = await startHeld(process.execPath, parameters, request, environment, 'ignore');
  try {
    const runner = await Promise.race([table.identify(held.child.pid ?? 0), held.failed]);
    if (runner === null) throw new Error('the runner vanished before the command started');
    const { release, abandon } = held;
    return { wrapper: runner, command: runner, containment: uncontained, release, abandon };
  } catch (error) {
    held.abandon();
    throw error;
  }
}
