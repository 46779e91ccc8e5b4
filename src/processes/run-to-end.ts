import { execa, type ExecaError } from 'execa';
import type { SetupRequest } from '../core/ports/executor.ts';

/** Runs a command to its end, its output appended to a file. @returns null when it succeeded, else how it ended */
export async function runToEnd(request: SetupRequest): Promise<string | null> {
  const [program, ...parameters] = request.argv;
  const output = { file: request.outputFile, append: true };
  try {
    await execa(program, parameters, {
      cwd: request.workingDirectory,
      env: request.environment,
      extendEnv: false,
      stdin: 'ignore',
      stdout: output,
      stderr: output,
      cancelSignal: request.signal,
    });
    return null;
  } catch (error) {
    return (error as ExecaError).shortMessage ?? String(error);
  }
}
