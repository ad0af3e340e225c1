#!/bin/sh
# SPDX-License-Identifier: MIT
# examples/chat_server, which is made of listener.c and stream.c.
set -eu
. "${srcdir:-.}/tests/clients_lib.sh"

need socat mkfifo yes
clients=$(client_limit 1000)

# ended: waits for the server after a signal
ended() {
	wait "$server_pid" || fail "the server ended with $?: $(cat "$dir/err")"
	server_pid=
	[ ! -s "$dir/err" ] || fail "the server said: $(cat "$dir/err")"
}

start examples/chat_server 127.0.0.1:0
guest anna
exec 3>"$dir/anna.in"
hears anna hello
guest bert
exec 4>"$dir/bert.in"
hears bert hello
printf 'good ' >&3
printf 'evening\r\nall\n' >&3
hears bert 'guest 1: good evening'
hears bert 'guest 1: all'
echo '/nick bertram' >&4
hears anna 'guest 2 is now bertram'
i=0
while [ $i -lt 200 ]; do
	i=$((i + 1))
	echo "line $i"
done >&4
hears anna 'bertram: line 200'
[ "$(grep -c 'bertram: line' "$dir/anna.heard")" -eq 200 ] || fail 'lines are lost'
grep -q 'guest 1' "$dir/anna.heard" && fail 'anna hears herself'
pass 'a guest is heard by the others'

guest cleo
exec 5>"$dir/cleo.in"
hears cleo hello
printf '%02000d\n' 0 >&5
wait_until 'cleo is still there' grep -q '^guest 3: ' "$dir/out"
exec 3>&- 4>&- 5>&-
expect_no_leak
grep -q 00000 "$dir/anna.heard" && fail 'a line that is too long is passed on'
pass 'a guest whose line is too long is disconnected'

: >"$dir/emil.heard"
socat -u "TCP4:$port" - >"$dir/emil.heard" &
emil_pid=$!
peer_pids="$peer_pids $emil_pid"
hears emil hello
kill -STOP "$emil_pid"
yes "$(printf %0500d 0)" | sed 40000q | socat -u - "TCP4:$port"
wait_until 'emil is still there' grep -q '^guest 4: ' "$dir/out"
kill -KILL "$emil_pid"
stop
pass 'a guest that does not read is disconnected'

start examples/chat_server 127.0.0.1:0
: >"$dir/crowd"
"$builddir/tests/crowd" chat "$port" "$clients" >"$dir/crowd" 2>&1 &
crowd_pid=$!
peer_pids="$peer_pids $crowd_pid"
heard() {
	grep -qx heard "$dir/crowd" || ! kill -0 "$crowd_pid" 2>/dev/null
}
wait_until 'the crowd hears nothing' heard
kill -TERM "$server"
ended
wait "$crowd_pid" || fail "$(cat "$dir/crowd")"
pass "$clients guests hear a line, and the good bye after SIGTERM"

start examples/chat_server 127.0.0.1:0
guest dora
exec 3>"$dir/dora.in"
hears dora hello
kill -INT "$server" # dora does not close her end
ended
hears dora 'good bye'
exec 3>&-
pass 'a guest who stays does not delay the end for long'

start examples/chat_server 127.0.0.1:0 1
guest fred
exec 3>"$dir/fred.in"
hears fred hello
wait_until 'fred is still there' grep -q '^guest 1: ' "$dir/out"
exec 3>&-
stop
pass 'an idle guest is disconnected'
