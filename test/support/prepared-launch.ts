import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { exitRecordBytes, exitRecordIn } from '../../src/core/exit-record.ts';
import type { LaunchRequest } from '../../src/core/ports/executor.ts';
import { runIdFrom } from '../../src/core/run-id.ts';
import { eventually } from './eventually.ts';

export interface PreparedLaunch extends AsyncDisposable {
  readonly folder: string;
  readonly request: LaunchRequest;
  record(): Promise<string>;
  output(): Promise<string>;
  /** Once it is recorded. */
  exitCode(): Promise<number | null>;
}

/** A run's folder with all that a launch needs, without a supervisor. */
export async function preparedLaunch(
  argv: readonly [string, ...string[]],
  environment: Readonly<Record<string, string>> = { PATH: process.env['PATH'] ?? '' },
): Promise<PreparedLaunch> {
  const runId = runIdFrom(randomBytes(6));
  const folder = await mkdtemp(path.join(tmpdir(), 'warden-launch-'));
  const outputFile = path.join(folder, 'output.log');
  await writeFile(path.join(folder, 'exit'), `${' '.repeat(exitRecordBytes - 1)}\n`);
  const record = (): Promise<string> => readFile(path.join(folder, 'exit'), 'latin1');
  return {
    folder,
    request: { runId, argv, workingDirectory: folder, environment, runDirectory: folder, outputFile },
    record,
    output: () => readFile(outputFile, 'utf8'),
    exitCode: async () => (await eventually(async () => exitRecordIn(await record(), 0))).exitCode,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
