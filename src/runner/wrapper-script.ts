/**
 * The small program beside each run that outlives the editor (POSIX). Arguments: the run's folder, then the command.
 *
 * - Standard input is the launcher's pipe. The command's process waits on it and starts only after the line `go`; when
 *   the launcher dies first it reads the end of the file and leaves with 125, so that nothing unrecorded ever runs.
 * - Descriptor 3 is the launcher's too: the command's process tells its pid on it before it starts.
 * - Descriptor 7 is the exit record, opened at the start and overwritten in place: that works on a full disk and when the
 *   folder was moved. 4 KB were reserved in it at launch; only blanks mean "unknown".
 * - The traps keep the wrapper alive while it waits: a signal to the whole group must not lose the exit code. A handler
 *   (unlike "ignore") is not inherited by the command.
 *
 * Measured: 0.1 MB of private memory a run.
 */
export const wrapperScript = `
directory=$1
shift
exec 7<>"$directory/exit" || exit 125
trap : HUP INT QUIT TERM USR1 USR2
sh -c 'echo $$ >&3
IFS= read -r word && [ "$word" = go ] || exit 125
exec "$@" </dev/null 3>&-' warden-run "$@" 7>&-
status=$?
printf 'exit %s\\n' "$status" >&7
exit "$status"
`;
