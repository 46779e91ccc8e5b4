#!/usr/bin/env node
import type { ExtensionContext } from 'vscode';

/**
 * The one bundle: VS Code loads it as the extension, `warden` runs it as a command. Each loads only its own half, since
 * the module `vscode` exists in an extension host alone.
 */
export async function activate(context: ExtensionContext): Promise<unknown> {
  const extension = await import('./extension/extension.ts');
  return extension.activate(context);
}

export async function deactivate(): Promise<void> {
  const extension = await import('./extension/extension.ts');
  await extension.deactivate();
}

if (import.meta.main) void runCommand();

async function runCommand(): Promise<void> {
  const { main } = await import('./cli/main.ts');
  process.exitCode = await main(process.argv.slice(2));
}
