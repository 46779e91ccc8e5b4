import { resolve } from 'node:path';
import { exitCodeOf, kindOf } from '../core/error-kind.ts';
import { detailOf, isWardenError } from '../core/errors.ts';
import { describeError, plainEnglish } from '../core/messages.ts';
import type { Actor } from '../core/run.ts';
import { errorJson } from '../core/run-json.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import { commandGroups, commands } from './commands.ts';
import { explanationOf, overview } from './help.ts';
import { Output } from './output.ts';
import { asksForJson, type CommandLine, parseCommandLine } from './parse-command-line.ts';
import { startFolder } from './start-folder.ts';
import { UsageError } from './usage-error.ts';

/** The command `warden`. @param argv without the program. @returns the exit code */
export async function main(argv: readonly string[]): Promise<number> {
  const output = new Output(asksForJson(argv), process.env);
  try {
    const exitCode = await execute(parseCommandLine(argv, commands), output);
    if (output.failure === null) return exitCode;
    output.tell(`it was done, but the result could not be written: ${detailOf(output.failure)}`);
    return exitCodeOf('failed');
  } catch (error) {
    return await fail(error, output);
  } finally {
    output.dispose();
  }
}

async function execute(line: CommandLine, output: Output): Promise<number> {
  switch (line.kind) {
    case 'version': {
      const { default: manifest } = await import('../../package.json', { with: { type: 'json' } });
      await output.print({ version: manifest.version }, manifest.version);
      return 0;
    }
    case 'help': {
      const text = line.command === null ? overview(commandGroups) : explanationOf(line.command);
      await output.print({ help: text }, text);
      return 0;
    }
    case 'command':
      return await executeCommand(line, output);
  }
}

async function executeCommand(
  { command, operands, options, repository }: Extract<CommandLine, { kind: 'command' }>,
  output: Output,
): Promise<number> {
  let opened: Promise<Supervisor> | null = null;
  try {
    return await command.execute({
      operands,
      options,
      directory: resolve(startFolder(process.env), repository ?? '.'),
      isDirectoryGiven: repository !== null,
      environment: process.env,
      output,
      commands,
      open: (face = 'cli') => {
        opened ??= openSupervisor(face, output).catch((error: unknown) => {
          // A server asks again later.
          opened = null;
          throw error;
        });
        return opened;
      },
    });
  } finally {
    // What could not be opened has told so already.
    await (opened as Promise<Supervisor> | null)?.then(
      (supervisor) => supervisor.dispose(),
      () => undefined,
    );
  }
}

/** Within a run it acts as that run. Loaded only now: help and usage errors need neither git nor a database. */
async function openSupervisor(face: Actor['face'], output: Output): Promise<Supervisor> {
  const { openSupervisor: open } = await import('../open-supervisor.ts');
  const supervisor = await open({
    face,
    diagnostics: { failed: (during, error) => output.tell(`${during}: ${wordsOf(error)}`) },
  });
  const runId = process.env['WARDEN_RUN_ID'] ?? '';
  // Whoever watches does what nobody asks for.
  if (runId === '' || face === 'watch') return supervisor;
  const token = process.env['WARDEN_RUN_TOKEN'] ?? '';
  const run = await supervisor.principalOfRun({ runId, token: token === '' ? null : token, face });
  return run === null ? supervisor : supervisor.actingAs(run);
}

async function fail(error: unknown, output: Output): Promise<number> {
  const words = wordsOf(error);
  if (output.json) await output.print(documentOf(error, words), '');
  else for (const line of linesOf(error, words)) output.tell(line);
  if (isUnexpected(error) && debugs() && error instanceof Error) output.tell(error.stack ?? '');
  if (error instanceof UsageError) return exitCodeOf('usage');
  return exitCodeOf(isWardenError(error) ? kindOf(error.code) : 'failed');
}

const isUnexpected = (error: unknown): boolean => !isWardenError(error) && !(error instanceof UsageError);

const debugs = (): boolean => (process.env['WARDEN_DEBUG'] ?? '') !== '';

function wordsOf(error: unknown): string {
  return isWardenError(error) ? describeError(error, plainEnglish) : detailOf(error);
}

function documentOf(error: unknown, message: string): unknown {
  if (isWardenError(error)) return errorJson(error);
  return { error: { code: error instanceof UsageError ? 'usage' : 'unexpected', message, details: {} } };
}

function linesOf(error: unknown, words: string): readonly string[] {
  if (error instanceof UsageError) {
    const help = error.verb === null ? 'warden help' : `warden help ${error.verb}`;
    return words.includes(help) ? [words] : [words, `see "${help}"`];
  }
  if (isWardenError(error)) return words.split('\n');
  return [`unexpected error: ${words}${debugs() ? '' : ' (set WARDEN_DEBUG=1 for the stack)'}`];
}
