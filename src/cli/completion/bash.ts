import type { Candidates, Command, CommandOptions } from '../command.ts';

/** A script that completes `warden` in bash, from 3.2 on. @param common options of every command */
export function bashCompletion(commands: readonly Command[], common: CommandOptions): string {
  return `# Completes warden in bash; made by "warden completion bash".
_warden_words() {
  local IFS=$' \\t\\n'
  COMPREPLY=($(compgen -W "$1" -- "$2"))
}

_warden_list() {
  local IFS=$' \\t\\n' before=
  [[ $2 == *,* ]] && before=\${2%,*},
  compopt -o nospace 2>/dev/null
  COMPREPLY=($(compgen -P "$before" -W "$1" -- "\${2##*,}"))
}

_warden_paths() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen "$1" -- "$2"))
}

_warden_asked() {
  _warden_words "$(warden completion "$1" \${3:+--repo "$3"} 2>/dev/null </dev/null | cut -f 1)" "$2"
}

_warden() {
  local options=${quoted(optionWords(common))} verb= option= repo= ended= place word
  local -i operands=0
  local current=\${COMP_WORDS[COMP_CWORD]}
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [[ -n $option ]]; then
      [[ $word == = ]] && continue
      [[ $option == --repo ]] && repo=\${word/#\\~/$HOME}
      option=
    elif [[ -z $ended && $word == -- ]]; then
      ended=yes
    elif [[ -z $ended && $word == -* ]]; then
      [[ " $options " == *" $word= "* ]] && option=$word
    elif [[ -z $verb ]]; then
      verb=$word
      case $verb in
${commands.map(({ name, options }) => `        ${name}) options+=${quoted(` ${optionWords(options)}`)} ;;`).join('\n')}
      esac
    else
      operands+=1
    fi
  done
  [[ $current == = ]] && current=
  if [[ -n $option ]]; then
    place="$verb $option"
  elif [[ -z $ended && $current == -* ]]; then
    _warden_words "\${options//=/}" "$current"
    return
  else
    place="$verb $operands"
  fi
  case $place in
    ' 0') ${words([...commands.map(({ name }) => name), 'help'])} ;;
    'help 0') ${words(commands.map(({ name }) => name))} ;;
${[...commands.flatMap(placesOf), ...optionPlaces('*', common)].map((line) => `    ${line}`).join('\n')}
  esac
}

complete -F _warden warden
`;
}

/** Those that take a value end with `=`. */
function optionWords(options: CommandOptions): string {
  return Object.entries(options)
    .map(([name, { type }]) => (type === 'string' ? `--${name}=` : `--${name}`))
    .join(' ');
}

function placesOf({ name, options, operands: { candidates = [], maximum } }: Command): readonly string[] {
  const operands = candidates.map((some, index) => {
    const isLast = index === candidates.length - 1 && maximum > candidates.length;
    return `${quoted(`${name} `)}${isLast ? '*' : index}) ${offered(some)} ;;`;
  });
  return [...optionPlaces(quoted(name), options), ...operands];
}

function optionPlaces(verb: string, options: CommandOptions): readonly string[] {
  return Object.entries(options).flatMap(([name, { candidates, isList }]) =>
    candidates === undefined ? [] : [`${verb}${quoted(` --${name}`)}) ${offered(candidates, isList)} ;;`],
  );
}

function offered(candidates: Candidates, isList = false): string {
  switch (candidates) {
    case 'commands':
      return '_warden_paths -c "$current"';
    case 'files':
      return '_warden_paths -f "$current"';
    case 'folders':
      return '_warden_paths -d "$current"';
    case 'runs':
    case 'active-runs':
    case 'workflows':
      return `_warden_asked ${candidates} "$current" "$repo"`;
    default:
      return words(candidates, isList);
  }
}

const words = (some: readonly string[], isList = false): string =>
  `_warden_${isList ? 'list' : 'words'} ${quoted(some.join(' '))} "$current"`;

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
