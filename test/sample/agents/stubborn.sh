# An agent that ignores SIGTERM and has a child, just as deaf, in a session of its own.
trap '' TERM
setsid sh -c 'trap "" TERM; while :; do sleep 600; done' &
echo 'Nobody stops me'
while :; do sleep 600; done
