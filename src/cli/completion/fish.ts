import type { Candidates, Command, CommandOption, CommandOptions } from '../command.ts';

/** A script that completes `warden` in fish. @param common options of every command */
export function fishCompletion(commands: readonly Command[], common: CommandOptions): string {
  const valued = new Set(
    [common, ...commands.map(({ options }) => options)].flatMap((options) =>
      Object.entries(options).flatMap(([name, { type }]) => (type === 'string' ? [`--${name}`] : [])),
    ),
  );
  const verbs = [
    ...commands.map(({ name, summary }) => [name, summary] as const),
    ['help', 'explain a command'] as const,
  ];
  return `# Completes warden in fish; made by "warden completion fish".

# Whether the command is VERB and, with a comparison and a number, how many operands stand behind it.
function __warden_at
    set -l verb ''
    set -l operands 0
    set -l is_value no
    for word in (commandline -opc)[2..]
        if test $is_value = yes
            set is_value no
            continue
        end
        switch $word
            case ${[...valued].join(' ')}
                set is_value yes
            case '-*'
            case '*'
                if test -z "$verb"
                    set verb $word
                else
                    set operands (math $operands + 1)
                end
        end
    end
    test "$verb" = "$argv[1]"; or return 1
    test (count $argv) -eq 1; or test $operands $argv[2] $argv[3]
end

function __warden_asked
    set -l words (commandline -opc)
    set -l repo
    if set -l at (contains -i -- --repo $words)
        set repo --repo (string replace -r '^~' $HOME -- $words[(math $at + 1)])
    end
    warden completion $argv[1] $repo 2>/dev/null </dev/null
end

complete -c warden -f
${verbs.map(([name, summary]) => `complete -c warden -n "__warden_at ''" -a ${name} -d ${quoted(summary)}`).join('\n')}
complete -c warden -n '__warden_at help -eq 0' -a ${quoted(commands.map(({ name }) => name).join(' '))}
${optionLines('', common).join('\n')}
${commands.flatMap(linesOf).join('\n')}
`;
}

function linesOf({ name, options, operands: { candidates = [], maximum } }: Command): readonly string[] {
  const operands = candidates.map((some, index) => {
    const isLast = index === candidates.length - 1 && maximum > candidates.length;
    return `complete -c warden -n '__warden_at ${name} ${isLast ? '-ge' : '-eq'} ${index}' ${offered(some)}`;
  });
  return [...optionLines(` -n '__warden_at ${name}'`, options), ...operands];
}

const optionLines = (condition: string, options: CommandOptions): readonly string[] =>
  Object.entries(options).map(
    ([name, option]) => `complete -c warden${condition} -l ${name}${valueOf(option)} -d ${quoted(option.description)}`,
  );

function valueOf({ type, candidates, isList }: CommandOption): string {
  if (type === 'boolean') return '';
  return candidates === undefined ? ' -x' : ` -r ${offered(candidates, isList)}`;
}

function offered(candidates: Candidates, isList = false): string {
  switch (candidates) {
    case 'commands':
      return `-f -a '(__fish_complete_command)'`;
    case 'files':
      return '-F';
    case 'folders':
      return `-f -a '(__fish_complete_directories)'`;
    case 'runs':
    case 'active-runs':
    case 'workflows':
      return `-f -k -a '(__warden_asked ${candidates})'`;
    default:
      return `-f -a ${quoted(isList ? `(__fish_append , ${candidates.join(' ')})` : candidates.join(' '))}`;
  }
}

const quoted = (text: string): string => `'${text.replaceAll(/[\\']/g, (character) => `\\${character}`)}'`;
