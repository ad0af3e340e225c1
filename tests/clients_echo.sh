#!/bin/sh
# SPDX-License-Identifier: MIT
# examples/echo_server with socat and netcat: half-close, many at once, slow
# readers, resets in the middle, too few descriptors.
set -eu
. "${srcdir:-.}/tests/clients_lib.sh"

need socat cmp timeout
start examples/echo_server

# client ARGUMENT...: socat, but never for ever
client() {
	timeout 60 socat "$@"
}

bytes 1048576 /dev/urandom >"$dir/mebibyte"
bytes 20000 /dev/urandom >"$dir/small"

# the whole file and our FIN first; the reply arrives all the same
client -t30 - "TCP:127.0.0.1:$port" <"$dir/mebibyte" >"$dir/back"
cmp "$dir/mebibyte" "$dir/back" || fail 'half-close with socat'
pass 'half-close with socat'

if command -v nc >/dev/null && nc -h 2>&1 | grep -q OpenBSD; then
	timeout 60 nc -N 127.0.0.1 "$port" <"$dir/mebibyte" >"$dir/back"
	cmp "$dir/mebibyte" "$dir/back" || fail 'half-close with netcat'
	pass 'half-close with netcat'
fi

# a reader that does not read while all buffers on the way fill up
bytes 16777216 /dev/urandom >"$dir/large"
client -t60 - "TCP:127.0.0.1:$port,rcvbuf=4096" <"$dir/large" |
    (sleep 0.5; cat) >"$dir/back"
cmp "$dir/large" "$dir/back" || fail 'a slow reader'
pass 'a slow reader'

# clients that go with bytes in both directions, and a reset
i=0
while [ $i -lt 20 ]; do
	i=$((i + 1))
	bytes 300000 "$dir/large" |
	    timeout 0.2 socat -u - "TCP:127.0.0.1:$port,linger=0" \
	    >/dev/null 2>&1 || true
done
expect_no_leak
pass 'twenty resets in the middle'

i=0
while [ $i -lt 200 ]; do
	i=$((i + 1))
	client -t30 - "TCP:127.0.0.1:$port" <"$dir/small" >"$dir/many.$i" &
	clients="${clients:-} $!"
done
for pid in $clients; do
	wait "$pid" || fail 'one of 200 at once'
done
i=0
while [ $i -lt 200 ]; do
	i=$((i + 1))
	cmp "$dir/small" "$dir/many.$i" || fail "of 200 at once, number $i"
done
pass '200 at once'

# With no descriptor left, a client waits in the queue. No edge reports it
# after the others have closed, so the server has to try by itself.
if command -v prlimit >/dev/null; then
	expect_no_leak
	mkfifo "$dir/hold"
	exec 3<>"$dir/hold" # a function in the background would keep it open
	holders=
	for i in 1 2 3 4 5; do
		timeout 60 socat -t30 - "TCP:127.0.0.1:$port" \
		    <"$dir/hold" 3>&- &
		holders="$holders $!"
	done
	five_more() {
		[ "$(count_fds)" -eq $((fds + 5)) ]
	}
	wait_until 'the server has not accepted five' five_more
	lowest=0 # the limit is on numbers, and there may be gaps above
	while [ -L "/proc/$server/fd/$lowest" ]; do
		lowest=$((lowest + 1))
	done
	prlimit --pid "$server" --nofile=$lowest:

	timeout 60 socat -t30 - "TCP:127.0.0.1:$port" \
	    <"$dir/small" >"$dir/back" 3>&- &
	queued=$!
	sleep 0.3 # for the server to see it: without, less is tested
	[ ! -s "$dir/back" ] || fail 'a descriptor was left after all'
	exec 3>&-
	for pid in $holders; do
		wait "$pid" || fail 'a client that held a descriptor'
	done
	wait "$queued" || fail 'a client that had to queue'
	cmp "$dir/small" "$dir/back" || fail 'a client that had to queue'
	pass 'no descriptor left: the queue is not forgotten'
fi

stop
