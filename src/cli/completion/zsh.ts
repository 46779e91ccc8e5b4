import type { Candidates, Command, CommandOption, CommandOptions } from '../command.ts';

/** A script that completes `warden` in zsh. @param common options of every command */
export function zshCompletion(commands: readonly Command[], common: CommandOptions): string {
  const names = commands.map(({ name, summary }) => quoted(`${name}:${escaped(summary, ':')}`));
  return `#compdef warden
# Completes warden in zsh; made by "warden completion zsh".

_warden_commands() {
  local -a commands=(
    ${[...names, `'help:explain a command'`].join('\n    ')}
  )
  _describe -t commands command commands
}

_warden_asked() {
  local folder=\${\${opt_args[--repo]:-$repo}/#\\~/$HOME}
  local -a found=(\${(f)"$(warden completion $1 \${folder:+--repo} \${folder:+$folder} 2>/dev/null </dev/null)"})
  found=("\${(@)found/$'\\t'/:}")
  _describe -V -t $1 $1 found
}

_warden() {
  local curcontext=$curcontext state repo ret=1
  local -a line common=(
    ${optionSpecs(common).join('\n    ')}
  )
  local -A opt_args
  _arguments -C $common '1: :->command' '*:: :->arguments' && ret=0
  repo=\${opt_args[--repo]}
  case $state in
    command) _warden_commands && ret=0 ;;
    arguments)
      case $words[1] in
        help) _arguments '1: :_warden_commands' && ret=0 ;;
${commands.map((command) => `        ${command.name}) ${argumentsOf(command)} && ret=0 ;;`).join('\n')}
      esac
      ;;
  esac
  return ret
}

# Read by source, or found in a folder of $fpath as _warden.
if [[ $funcstack[1] == _warden ]]; then
  _warden "$@"
else
  compdef _warden warden
fi
`;
}

function argumentsOf({ options, operands: { candidates = [], maximum } }: Command): string {
  const operands = candidates.map((some, index) => {
    const isLast = index === candidates.length - 1 && maximum > candidates.length;
    return quoted(`${isLast ? '*' : index + 1}: :${action(some)}`);
  });
  return ['_arguments', '-S', '$common', ...optionSpecs(options), ...operands].join(' ');
}

const optionSpecs = (options: CommandOptions): readonly string[] =>
  Object.entries(options).map(([name, option]) => quoted(optionSpec(name, option)));

function optionSpec(name: string, { type, value, multiple, candidates, isList, description }: CommandOption): string {
  const words = `[${escaped(description, '[', ']')}]`;
  if (type === 'boolean') return `--${name}${words}`;
  const what = value === undefined ? ' ' : escaped(value, ':');
  const offered = candidates === undefined ? '' : action(candidates, isList);
  return `${multiple === true ? '*' : ''}--${name}=${words}:${what}:${offered}`;
}

/** Where a space comes first, zsh takes the words as they are. */
function action(candidates: Candidates, isList = false): string {
  switch (candidates) {
    case 'commands':
      return '_command_names -e';
    case 'files':
      return '_files';
    case 'folders':
      return '_files -/';
    case 'runs':
    case 'active-runs':
    case 'workflows':
      return ` _warden_asked ${candidates}`;
    default:
      return isList ? ` _values -s , value ${candidates.join(' ')}` : `(${candidates.join(' ')})`;
  }
}

const escaped = (text: string, ...characters: readonly string[]): string =>
  ['\\', ...characters].reduce((before, character) => before.replaceAll(character, () => `\\${character}`), text);

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
