import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { commands } from '../../../src/cli/commands.ts';
import { main } from '../../../src/cli/main.ts';
import { shell } from '../../support/temporary-repository.ts';
import { entry, warden } from './warden.ts';

/** Of each command a use that does something, RUN being a run that is over; null where standard output is not its own. */
const uses: Readonly<Record<string, readonly string[] | null>> = {
  run: ['builder', '--wait', '--message', 'prints \u009b2J'],
  list: [],
  status: ['RUN'],
  logs: ['RUN'],
  wait: ['RUN'],
  kill: ['RUN', '--dry-run'],
  requests: [],
  restart: ['RUN', '--wait'],
  complete: ['RUN', '--as', 'failed'],
  extend: ['RUN', '--minutes', '1'],
  worktrees: [],
  cleanup: ['--dry-run'],
  checkpoint: ['RUN'],
  restore: ['RUN'],
  // The command that it runs prints what it prints.
  critical: null,
  heartbeat: [],
  watch: [],
  serve: ['--port', '0', '--until-input-ends'],
  // Its messages are its output.
  mcp: null,
  webhook: ['show'],
  key: ['list'],
  samples: ['RUN'],
  audit: [],
  doctor: [],
  completion: ['bash'],
};

test('every command is in the table', () => {
  expect(Object.keys(uses).toSorted()).toEqual(commands.map(({ name }) => name).toSorted());
});

test('with --json a command prints one document and nothing else on standard output', async () => {
  await using cli = await warden();
  await cli.repository.defineWorkflows({
    builder: shell(`echo work > file; ${process.execPath} ${entry} heartbeat --json`),
  });
  const { run_id } = await cli.finished('builder');
  const printed: Record<string, string> = {};
  for (const [name, use] of Object.entries(uses)) {
    if (use === null) continue;
    const { output } = await cli.run('--json', name, ...use.map((word) => word.replace('RUN', run_id)));
    // oxlint-disable-next-line no-control-regex -- that is what is looked for
    const isPlain = !/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/.test(output);
    printed[name] = `${typeof JSON.parse(output)}${isPlain ? '' : ' with control characters'}`;
  }

  expect(new Set(Object.values(printed)), JSON.stringify(printed)).toEqual(new Set(['object']));
  const { document } = await cli.json<{ output: string }>('logs', run_id);
  expect(JSON.parse(document.output)).toMatchObject({ run_id });
});

describe('what goes wrong with --json is told as a document too', () => {
  const printed: string[] = [];

  beforeEach(() => {
    printed.length = 0;
    vi.spyOn(process.stdout, 'write').mockImplementation(((text: string, taken?: () => void) => {
      printed.push(text);
      taken?.();
      return true;
    }) as typeof process.stdout.write);
    vi.stubEnv('WARDEN_STATE_DIR', path.join(import.meta.filename, 'no-folder'));
    vi.stubEnv('WARDEN_RUN_ID', undefined);
  });

  afterEach(async () => {
    // By then the listeners of this one are gone.
    await setImmediate();
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });

  test.each(commands.map(({ name }) => name))('%s, by an option that it does not have', async (name) => {
    expect(await main([name, '--no-such-option', '--json'])).toBe(2);
    expect(JSON.parse(printed.join(''))).toMatchObject({ error: { code: 'usage', details: {} } });
  });

  const opening = Object.entries(uses).flatMap(([name, use]) =>
    use === null || ['completion', 'heartbeat'].includes(name) ? [] : [[name, use] as const],
  );
  test.each(opening)('%s, by a state folder that cannot be used', async (name, use) => {
    expect(await main([name, ...use, '--json'])).toBe(1);
    expect(JSON.parse(printed.join(''))).toMatchObject({ error: { code: 'state_folder_not_writable' } });
  });
});
