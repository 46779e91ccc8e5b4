#!/usr/bin/env node
import { isMainThread, type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { ExtensionContext } from 'vscode';
import { supervisorThread } from './thread/supervisor-thread.ts';

/**
 * The one bundle: VS Code loads it as the extension, which starts it again as the thread of its supervisor, and `warden`
 * runs it as a command. Each loads only its own part, since the module `vscode` exists in an extension host alone.
 */
export async function activate(context: ExtensionContext): Promise<unknown> {
  const extension = await import('./extension/extension.ts');
  return extension.activate(context);
}

export async function deactivate(): Promise<void> {
  const extension = await import('./extension/extension.ts');
  await extension.deactivate();
}

if (parentPort !== null && workerData === supervisorThread) void serve(parentPort);
else if (isMainThread && import.meta.main) void runCommand();

async function serve(port: MessagePort): Promise<void> {
  const { serveSupervisor } = await import('./thread/serve-supervisor.ts');
  serveSupervisor(port);
}

async function runCommand(): Promise<void> {
  const { main } = await import('./cli/main.ts');
  process.exitCode = await main(process.argv.slice(2));
}
