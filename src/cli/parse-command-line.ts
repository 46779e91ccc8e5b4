import { parseArgs } from 'node:util';
import { nearestNames } from '../core/nearest-names.ts';
import type { Command, CommandOption, CommandOptions } from './command.ts';
import { UsageError } from './usage-error.ts';

/** What may stand anywhere, before the verb and after it. */
export const commonOptions = {
  repo: {
    type: 'string',
    value: 'DIR',
    candidates: 'folders',
    description: 'a folder in the repository; the current one when absent',
  },
  json: { type: 'boolean', description: 'print one JSON document instead of text' },
  help: { type: 'boolean', description: 'print this help' },
  version: { type: 'boolean', description: 'print the version' },
} as const satisfies CommandOptions;

export type CommandLine =
  | { readonly kind: 'version' }
  /** @param command null: all of them */
  | { readonly kind: 'help'; readonly command: Command | null }
  | {
      readonly kind: 'command';
      readonly command: Command;
      readonly operands: readonly string[];
      readonly options: Readonly<Record<string, string | boolean | readonly string[]>>;
      readonly repository: string | null;
    };

/** @throws UsageError */
export function parseCommandLine(argv: readonly string[], commands: readonly Command[]): CommandLine {
  const { verb, rest } = splitVerb(argv);
  if (verb === null || verb === 'help') return withoutCommand(verb, rest, commands);
  const command = commandNamed(verb, commands);
  const { values, positionals } = parse(rest, command.options, command.name);
  if (values['help'] === true) return { kind: 'help', command };
  if (values['version'] === true) return { kind: 'version' };
  requireOperands(command, positionals);
  const { repo, json: _json, ...options } = values;
  const repository = typeof repo === 'string' ? repo : null;
  return { kind: 'command', command, operands: positionals, options, repository };
}

/** Also when the rest of the line is wrong: whoever asked for JSON gets the error as JSON. */
export function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end === -1 ? argv : argv.slice(0, end)).includes('--json');
}

function splitVerb(argv: readonly string[]): { verb: string | null; rest: readonly string[] } {
  const { tokens } = parseArgs({
    args: argv,
    options: commonOptions,
    strict: false,
    tokens: true,
    allowPositionals: true,
  });
  const verb = tokens.find((token) => token.kind === 'positional');
  return verb === undefined ? { verb: null, rest: argv } : { verb: verb.value, rest: argv.toSpliced(verb.index, 1) };
}

function withoutCommand(verb: string | null, rest: readonly string[], commands: readonly Command[]): CommandLine {
  const { values, positionals } = parse(rest, {}, verb);
  if (values['version'] === true) return { kind: 'version' };
  const [name] = positionals;
  if (verb === null && values['help'] !== true) throw new UsageError('Which command? See "warden help".', null);
  return { kind: 'help', command: name === undefined ? null : commandNamed(name, commands) };
}

function commandNamed(name: string, commands: readonly Command[]): Command {
  const command = commands.find((one) => one.name === name);
  if (command !== undefined) return command;
  const names = commands.map((one) => one.name);
  const nearest = nearestNames(name, names);
  const more = nearest.length > 0 ? `Did you mean ${nearest.join(', ')}?` : `There are ${names.join(', ')}.`;
  throw new UsageError(`There is no command "${name}". ${more}`, null);
}

/** Strict, but with words of our own for what is wrong. */
function parse(argv: readonly string[], own: CommandOptions, verb: string | null) {
  const options = { ...own, ...commonOptions };
  const known: CommandOptions = options;
  const { tokens } = parseArgs({ args: argv, options, strict: false, tokens: true, allowPositionals: true });
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const option = Object.hasOwn(known, token.name) ? known[token.name] : undefined;
    const problem =
      option !== undefined
        ? problemWithValue(token, option)
        : `There is no option ${token.rawName}${ofVerb(verb)}.${didYouMean(token.name, known)}`;
    if (problem !== null) throw new UsageError(problem, verb);
  }
  return parseArgs({ args: argv, options, strict: true, allowPositionals: true });
}

interface GivenOption {
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function problemWithValue({ rawName, value, inlineValue }: GivenOption, option: CommandOption): string | null {
  if (option.type === 'boolean') return value === undefined ? null : `${rawName} takes no value.`;
  if (value === undefined) return `${rawName} needs a value.`;
  // What a script has left empty by mistake would mean the current folder.
  if (value === '' && rawName === '--repo') return `${rawName} needs a value that is not empty.`;
  // Rather a forgotten value than one that looks like an option.
  const isForgotten = inlineValue === false && value.length > 1 && value.startsWith('-');
  return isForgotten ? `${rawName} needs a value; one that begins with "-" is given as ${rawName}=${value}.` : null;
}

const ofVerb = (verb: string | null): string => (verb === null ? '' : ` of "${verb}"`);

function didYouMean(name: string, options: CommandOptions): string {
  const nearest = nearestNames(name, Object.keys(options)).map((near) => `--${near}`);
  return nearest.length > 0 ? ` Did you mean ${nearest.join(', ')}?` : '';
}

function requireOperands({ name, usage, operands: { minimum, maximum } }: Command, given: readonly string[]): void {
  const ways = (typeof usage === 'string' ? [usage] : usage)
    .map((way) => `warden ${name} ${way}`.trimEnd())
    .join(', or ');
  if (given.length < minimum) throw new UsageError(`Something is missing: ${ways}`, name);
  const [excess] = given.slice(maximum);
  if (excess !== undefined) throw new UsageError(`"${excess}" is too much: ${ways}`, name);
}
