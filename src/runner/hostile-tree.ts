/**
 * A tree of processes that is as hard to end as one can make it without rights of its own: what `warden doctor --drill`
 * kills. Each prints `process <pid> <shape>`, and the first one `expect <count>` when all were started.
 *
 * SIGTERM, SIGHUP and SIGINT stay ignored in all that are started from a shell which ignores them (POSIX).
 */
const posixScript = `
trap '' TERM HUP INT
own_session() {
  if command -v setsid >/dev/null; then setsid "$@"; else perl -MPOSIX -e 'POSIX::setsid(); exec @ARGV' "$@"; fi
}
live='echo "process $$ $0"; while :; do sleep 1; done'
sh -c "$live" 'ignores SIGTERM' &
own_session sh -c "$live" 'is in a session of its own' &
(own_session sh -c "$live" 'is a daemon whose parents are gone' &)
(own_session env -i "PATH=$PATH" sh -c "$live" 'is a daemon that emptied its environment' &)
sh -c 'echo "process $$ $0"; kill -STOP $$; while :; do sleep 1; done' 'is stopped' &
sh -c 'echo "process $$ $0"; while :; do sleep 0.3 & sleep 0.02; done' 'starts new processes all the time' &
echo "process $$ is the command, and ignores SIGTERM"
echo 'expect 7'
while :; do sleep 1; done
`;

/** Windows has no signals, sessions or daemons: a child whose parent is gone is what gets away there. */
const windowsScript = 'echo expect 0& start /b cmd /d /c "ping -n 600 127.0.0.1 >nul" & ping -n 600 127.0.0.1 >nul';

export function hostileTree(platform: NodeJS.Platform): readonly [string, ...string[]] {
  return platform === 'win32' ? ['cmd', '/d', '/c', windowsScript] : ['sh', '-c', posixScript];
}
