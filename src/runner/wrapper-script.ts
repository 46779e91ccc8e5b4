export interface WrapperMeans {
  /** A command that waits for all children of its process; none where the wrapper is no subreaper. */
  readonly awaitChildren: readonly string[];
  /** See NamespacePipes; null outside of containers. */
  readonly namespacePipe: string | null;
}

/**
 * The small program beside each run that outlives the editor (POSIX). Arguments: the run's folder, then the command.
 *
 * - Standard input is the launcher's pipe. The command's process waits on it and starts only after the line `go`; when
 *   the launcher dies first it reads the end of the file, says in the exit record that the command never began and
 *   leaves with 125, so that nothing unrecorded ever runs.
 * - Descriptor 3 is the launcher's too: the command's process tells its pid on it before it starts.
 * - Descriptor 7 is the exit record, opened at the start and overwritten in place: that works on a full disk and when the
 *   folder was moved. 4 KB were reserved in it at launch; only blanks mean "unknown".
 * - The traps keep the wrapper alive while it waits: a signal to the whole group must not lose the exit code. A handler
 *   (unlike "ignore") is not inherited by the command.
 * - As a child subreaper it adopts whoever of the run loses its parent. While it waits for the command it reaps them too
 *   (dash, bash and busybox wait for any child), and their exits are not taken for the command's. Those that are left
 *   when the command is over would be adopted by somebody else as soon as it left, unrecognised; so it records the exit,
 *   becomes a program that waits for them, and leaves when they are gone. The list of its children tells whether there
 *   are any without a fork; where the kernel does not have it (CONFIG_PROC_CHILDREN), it waits in any case.
 * - Descriptor 8, in a container, is the pipe by which others know that somebody lives there. The command does not get it.
 *
 * Measured: 0.1 MB of private memory a run; 3 MB where it waits for those who are left.
 */
export function wrapperScript({ awaitChildren, namespacePipe }: WrapperMeans): string {
  return `
directory=$1
shift
exec 7<>"$directory/exit" || exit 125
${namespacePipe === null ? '' : holding(quoted(namespacePipe))}
trap : HUP INT QUIT TERM USR1 USR2
sh -c 'echo $$ >&3
IFS= read -r word && [ "$word" = go ] || { echo "never began" >&7; exit 125; }
exec "$@" </dev/null 3>&- 7>&- 8>&-' warden-run "$@"
status=$?
printf 'exit %s\\n' "$status" >&7
${awaitChildren.length === 0 ? '' : afterwards(awaitChildren)}
exit "$status"
`;
}

/** A shell leaves when it cannot open what it is told to. */
const holding = (pipe: string): string => `[ -p ${pipe} ] && [ -r ${pipe} ] && [ -w ${pipe} ] && exec 8<>${pipe}`;

/** Without the run's environment, which could change how that program works. */
function afterwards(awaitChildren: readonly string[]): string {
  return `
children=unknown
{ read -r children <"/proc/$$/task/$$/children"; } 2>/dev/null
[ -z "$children" ] || exec env -i ${awaitChildren.map(quoted).join(' ')} 7>&-`;
}

/** As one word of a shell's line. */
const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
