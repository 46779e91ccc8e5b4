import { randomInt } from 'node:crypto';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

const seed = process.env['WARDEN_CHAOS_SEED'] ?? String(randomInt(2 ** 31));

/** What takes longer hangs: on a machine that others use as well the longest that does not has taken 46 s. */
const hangMilliseconds = 120_000;

/** What goes wrong on purpose: the short form on every test run, after the other tests; the long one by itself. */
function chaos(form: 'short' | 'long'): TestProjectInlineConfiguration {
  return {
    test: {
      name: form === 'short' ? 'chaos' : 'chaos-long',
      include: ['test/chaos/**/*.test.ts'],
      globalSetup: ['test/chaos/set-up.ts'],
      env: {
        WARDEN_CHAOS_SEED: seed,
        WARDEN_CHAOS_FORM: form,
        TMPDIR: path.join(tmpdir(), `warden-chaos-${form}-${process.pid}`),
      },
      testTimeout: hangMilliseconds,
      hookTimeout: hangMilliseconds,
      sequence: { groupOrder: 1 },
    },
  };
}

export default defineConfig({
  test: {
    reporters: ['default', './test/support/counts-reporter.ts'],
    // Most of them wait most of the time: for processes, git and the phases of a kill.
    maxWorkers: Math.max(2, availableParallelism()),
    coverage: { provider: 'v8', include: ['src/**'], exclude: ['src/extension/**', 'src/webview/**'] },
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 30_000 } },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/support/build-bundle.ts'],
          testTimeout: hangMilliseconds,
          hookTimeout: hangMilliseconds,
        },
      },
      chaos('short'),
      chaos('long'),
      {
        test: {
          name: 'vscode',
          include: ['test/vscode/**/*.test.ts'],
          testTimeout: 3 * hangMilliseconds,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
