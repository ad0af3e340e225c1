#!/bin/sh
# SPDX-License-Identifier: MIT
# The steps of mio_tutorial(7), each with clients that show what it does.
set -eu
. "${srcdir:-.}/tests/clients_lib.sh"

need socat mkfifo

steps=examples/tutorial
clients=$(client_limit 10000)

# The server does not handle SIGTERM.
end() {
	kill -KILL "$server"
	wait "$server_pid" 2>/dev/null || :
	server_pid=
}

# crowd MODE COUNT: clients that check what they receive
crowd() {
	"$builddir/tests/crowd" "$1" "$port" "$2" >"$dir/crowd" ||
	    fail "$(cat "$dir/crowd")"
	grep -qx "$2 served" "$dir/crowd"
}

says() {
	wait_until "no \"$2\" in $(cat "$1")" grep -qxF "$2" "$1"
}

# ---- 1: a descriptor

mkfifo "$dir/input"
$execute "$builddir/$steps/01_ready" <"$dir/input" >"$dir/out" &
server_pid=$!
exec 3>"$dir/input"
printf 'abcdef' >&3
says "$dir/out" 'no more for now'
exec 3>&-
wait "$server_pid" || fail "step 1 ended with $?"
server_pid=
cat >"$dir/expected" <<EOF
token 7 is ready
read 4 bytes
read 2 bytes
no more for now
token 7 is ready
the end
EOF
diff "$dir/expected" "$dir/out" || fail 'step 1'
pass 'step 1 reads until EAGAIN'

# ---- 2: edge and level

"$builddir/$steps/02_edge" >"$dir/out"
cat >"$dir/expected" <<EOF
level, 5 bytes: 1
level, still 5 bytes: 1
level, 4 bytes left: 1
edge, 4 bytes: 1
edge, still 4 bytes: 0
edge, 3 bytes left: 0
edge, read until EAGAIN: 0
edge, 5 new bytes: 1
EOF
diff "$dir/expected" "$dir/out" || fail 'step 2'
pass 'step 2 shows level and edge'

# ---- 3: many connections

start "$steps/03_echo" 127.0.0.1:0
crowd echo "$clients"
expect_no_leak
end
pass "step 3 serves $clients clients at a time"

# ---- 4: write queues

start "$steps/04_queue" 127.0.0.1:0
dd if=/dev/urandom of="$dir/data" bs=8000 count=1000 2>"$dir/dd"
# this client reads only a little in the first second
socat -t60 - "TCP4:$port" <"$dir/data" | {
	sleep 1
	cat >"$dir/back"
}
cmp "$dir/data" "$dir/back" || fail 'step 4: other bytes'
crowd echo 100
expect_no_leak
end
pass 'step 4 returns 8 MB'

# ---- 5: timeouts

start "$steps/05_idle" 127.0.0.1:0 1
mkfifo "$dir/quiet"
socat -t60 - "TCP4:$port" <"$dir/quiet" >"$dir/heard" &
peer_pids=$!
exec 3>"$dir/quiet"
for i in 1 2 3 4 5 6; do
	echo "line $i" >&3
	sleep 0.4
done
says "$dir/heard" 'line 6'
grep -q quiet "$dir/heard" && fail 'step 5: disconnected in spite of traffic'
says "$dir/heard" 'too quiet'
exec 3>&-
expect_no_leak
end
pass 'step 5 disconnects an idle client only'

# ---- 6: another thread

timeout 60 "$builddir/$steps/06_thread" >"$dir/out" || fail "step 6: $?"
cat >"$dir/expected" <<EOF
the sum of 1 to 1000 is 500500
the sum of 1 to 2000 is 2001000
the sum of 1 to 3000 is 4501500
EOF
diff "$dir/expected" "$dir/out" || fail 'step 6'
pass 'step 6 receives the results of a thread'

# ---- 7: signals and children

timeout 60 "$builddir/$steps/07_signal" 'exit 5' >"$dir/out" ||
    fail "step 7: $?"
says "$dir/out" 'the command ended with 5'
: >"$dir/out" # the other command had started, too
$execute "$builddir/$steps/07_signal" 'exec sleep 60' >"$dir/out" &
server_pid=$!
says "$dir/out" started
kill -TERM "$server_pid"
wait "$server_pid" || fail "step 7 ended with $?"
server_pid=
says "$dir/out" stopped
pass 'step 7 reports the end of a child, and SIGTERM stops it'

# ---- 8: several threads

start "$steps/08_threads" 127.0.0.1:0
crowd echo 500
stop

# ---- 9: no descriptors left

: >"$dir/out" # the port of the last step is in it
(
	# shellcheck disable=SC3045
	ulimit -n 20
	exec $execute "$builddir/$steps/09_limit" 127.0.0.1:0
) >"$dir/out" 2>"$dir/err" &
server_pid=$!
wait_until 'step 9 does not listen' grep -q listening "$dir/out"
port=$(sed 's/listening on //' "$dir/out")
server=$server_pid
fds=$(count_fds)
# one after another, while others hold their connections
mkfifo "$dir/held"
exec 3<>"$dir/held"
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	socat -u "TCP4:$port" /dev/null <&3 &
	holders="${holders:-} $!"
done
peer_pids="$peer_pids $holders"
wait_until 'step 9 does not run out' grep -q accept: "$dir/err"
# shellcheck disable=SC2086
kill -KILL $holders # one that has not become socat yet may catch SIGTERM
exec 3>&-
crowd echo 5
expect_no_leak
end
pass 'step 9 continues after it had no descriptors left'

# ---- 10: the chat server

start "$steps/10_chat" 127.0.0.1:0
guest anna
exec 3>"$dir/anna.in"
hears anna hello
guest bert
exec 4>"$dir/bert.in"
hears bert hello
printf 'good ' >&3
printf 'evening\nall\n' >&3
hears bert 'guest 1: good evening'
hears bert 'guest 1: all'
printf %01500d 0 | tr 0 x >&4
echo >&4
i=0
while [ $i -lt 200 ]; do
	i=$((i + 1))
	echo "line $i"
done >&4
hears anna 'guest 2: line 200'
[ "$(grep -c 'guest 2: line' "$dir/anna.heard")" -eq 200 ] || fail 'lines are lost'
[ "$(tr -dc x <"$dir/anna.heard" | wc -c)" -eq 1500 ] || fail 'the long line'
grep -q 'guest 1' "$dir/anna.heard" && fail 'anna hears herself'
echo '/hash secret' >&3
hears anna 'd8e9049accf94b00 secret'
grep -q secret "$dir/bert.heard" && fail 'bert hears the result for anna'
# this guest leaves before it can receive all of its results
yes '/hash a long text for a guest who leaves' | head -n 20 |
    socat -u - "TCP4:$port"
echo '/hash a' >&3
hears anna '0c7fc2c210ebe660 a'
exec 3>&- 4>&-
stop
pass 'step 10: a guest is heard by the others, and receives its results alone'

start "$steps/10_chat" 127.0.0.1:0
guest finn
exec 3>"$dir/finn.in"
hears finn hello
guest gina
exec 4>"$dir/gina.in"
hears gina hello
# more work than one thread does in a minute
line="/hash $(printf %0400d 0)"
i=0
while [ $i -lt 2000 ]; do
	i=$((i + 1))
	echo "$line"
done >&3
echo enough >&3
hears gina 'guest 1: enough'
exec 3>&- 4>&-
stop
grep -qx busy "$dir/finn.heard" || fail 'step 10 accepts any number of jobs'
pass 'step 10: the jobs that are left do not delay the end'

start "$steps/10_chat" 127.0.0.1:0
"$builddir/tests/crowd" chat "$port" "$clients" >"$dir/crowd" 2>&1 &
crowd_pid=$!
peer_pids="$peer_pids $crowd_pid"
tries=0
until grep -qx heard "$dir/crowd"; do
	tries=$((tries + 1))
	[ $tries -lt 6000 ] || fail "step 10: $(cat "$dir/crowd")"
	sleep 0.01
done
kill -TERM "$server"
wait "$server_pid" || fail "step 10 ended with $?: $(cat "$dir/err")"
server_pid=
wait "$crowd_pid" || fail "step 10: $(cat "$dir/crowd")"
pass "step 10: $clients guests hear a line, and the good bye after SIGTERM"

start "$steps/10_chat" 127.0.0.1:0
guest cleo
exec 3>"$dir/cleo.in"
hears cleo hello
kill -TERM "$server" # cleo does not close her end
wait "$server_pid" || fail "step 10 ended with $?"
server_pid=
hears cleo 'good bye'
exec 3>&-
pass 'step 10: a guest who stays does not delay the end for long'

start "$steps/10_chat" 127.0.0.1:0
socat -u "TCP4:$port" - >"$dir/emil.heard" &
emil_pid=$!
peer_pids="$peer_pids $emil_pid"
hears emil hello
kill -STOP "$emil_pid"
yes "$(printf %0500d 0)" | sed 40000q | socat -u - "TCP4:$port"
expect_no_leak # although emil is still there
stop
kill -KILL "$emil_pid"
pass 'step 10: a guest who does not read is disconnected'

start "$steps/10_chat" 127.0.0.1:0 1
guest dora
exec 3>"$dir/dora.in"
hears dora 'too quiet'
exec 3>&-
stop
