import { expect, test } from 'vitest';
import { commandGroups, commands } from '../../../src/cli/commands.ts';
import { explanationOf, overview } from '../../../src/cli/help.ts';

test('the overview has every command once', () => {
  const lines = overview(commandGroups).split('\n');

  for (const { name, summary } of commands) {
    expect(lines.filter((line) => line.startsWith(`  ${name} `))).toEqual([expect.stringContaining(summary)]);
  }
});

test.each([['all', overview(commandGroups)], ...commands.map((command) => [command.name, explanationOf(command)])])(
  'the help of %s fits on a screen',
  (_, text) => {
    expect(text?.split('\n').filter((line) => line.length > 120)).toEqual([]);
  },
);

test('every option of a command stands in its usage', () => {
  const missing = commands.flatMap(({ name, usage, options }) =>
    Object.keys(options)
      .filter((option) => !String(usage).includes(`--${option}`))
      .map((option) => `${name} --${option}`),
  );

  expect(missing).toEqual([]);
});
