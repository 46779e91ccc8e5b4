import type { Actor } from '../core/run.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import type { Output } from './output.ts';

/** What may stand in a place, for completion: these words, or what is looked for once somebody asks. */
export type Candidates = readonly string[] | AskedCandidates | 'commands' | 'files' | 'folders';

/** Only `warden` itself knows these. */
export const askedCandidates = ['runs', 'active-runs', 'workflows'] as const;

export type AskedCandidates = (typeof askedCandidates)[number];

export interface CommandOption {
  readonly type: 'string' | 'boolean';
  /** What stands for the value in the help, e.g. `REF`; only for strings. */
  readonly value?: string;
  /** What the value may be; anything when absent. */
  readonly candidates?: Candidates;
  /** The value may be several of them, with commas. */
  readonly isList?: true;
  /** It may be given more than once. */
  readonly multiple?: true;
  readonly description: string;
}

export type CommandOptions = Readonly<Record<string, CommandOption>>;

export type OptionValues<Options extends CommandOptions> = {
  readonly [Name in keyof Options]?: CommandOption extends Options[Name]
    ? string | boolean | readonly string[]
    : Options[Name] extends { readonly multiple: true }
      ? readonly string[]
      : { readonly string: string; readonly boolean: boolean }[Options[Name]['type']];
};

/** One use of a verb. */
export interface Invocation<Options extends CommandOptions = CommandOptions> {
  /** As many as the command's `operands` allow. */
  readonly operands: readonly string[];
  readonly options: OptionValues<Options>;
  /** `--repo`, or the current folder. */
  readonly directory: string;
  /** `--repo` was given. */
  readonly isDirectoryGiven: boolean;
  readonly environment: NodeJS.ProcessEnv;
  readonly output: Output;
  /** Every verb that there is. */
  readonly commands: readonly Command[];
  /** The one supervisor of this invocation, opened when it is first asked for and disposed of at the end. */
  readonly open: (face?: Actor['face']) => Promise<Supervisor>;
}

/** A verb of the command line. */
export interface Command<Options extends CommandOptions = CommandOptions> {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What follows the name, e.g. `RUN [--follow]`; several where there are several ways. */
  readonly usage: string | readonly string[];
  readonly operands: {
    readonly minimum: number;
    readonly maximum: number;
    /** What each may be, in their order; the last counts for all further ones. */
    readonly candidates?: readonly Candidates[];
  };
  readonly options: Options;
  /** Lines at the end of its help: what its options alone do not say. */
  readonly notes?: readonly string[];
  /** @returns the exit code */
  execute(invocation: Invocation<Options>): Promise<number>;
}

/** Ties the values that `execute` sees to the options that are declared. */
export function defineCommand<const Options extends CommandOptions>(command: Command<Options>): Command<Options> {
  return command;
}
