import { expect, test } from 'vitest';
import type { CommandOptions } from '../../../src/cli/command.ts';
import { commands } from '../../../src/cli/commands.ts';
import { commonOptions } from '../../../src/cli/parse-command-line.ts';

const tables: readonly CommandOptions[] = [commonOptions, ...commands.map(({ options }) => options)];

test('an option takes a value with every command or with none, which the completion of fish counts on', () => {
  const options = tables.flatMap((table) => Object.entries(table));
  const typeOf = new Map(options.map(([name, { type }]) => [name, type]));

  expect(options.filter(([name, { type }]) => type !== typeOf.get(name))).toEqual([]);
});

test('what is offered are plain words, since shells would expand others', () => {
  const offered = [
    ...commands.flatMap(({ operands }) => operands.candidates ?? []),
    ...tables.flatMap((table) => Object.values(table).map(({ candidates }) => candidates)),
  ];

  for (const word of offered.flatMap((some) => some ?? [])) expect(word).toMatch(/^[a-z][a-z_-]*$/);
});
