#!/bin/sh
# SPDX-License-Identifier: MIT
# examples/echo_server with socat and netcat: half-close, many at once, slow
# readers, resets in the middle.
set -eu
. "${srcdir:-.}/tests/clients_lib.sh"

need socat pgrep cmp
start echo_server

head -c 1048576 /dev/urandom >"$dir/mebibyte"
head -c 20000 /dev/urandom >"$dir/small"

# the whole file and our FIN first; the answer comes all the same
socat -t30 - "TCP:127.0.0.1:$port" <"$dir/mebibyte" >"$dir/back"
cmp "$dir/mebibyte" "$dir/back" || fail 'half-close with socat'
pass 'half-close with socat'

if command -v nc >/dev/null && nc -h 2>&1 | grep -q OpenBSD; then
	nc -N 127.0.0.1 "$port" <"$dir/mebibyte" >"$dir/back"
	cmp "$dir/mebibyte" "$dir/back" || fail 'half-close with netcat'
	pass 'half-close with netcat'
fi

# a reader that does not read while all buffers on the way fill up
head -c 16777216 /dev/zero | tr '\0' x >"$dir/large"
socat -t60 - "TCP:127.0.0.1:$port,rcvbuf=4096" <"$dir/large" |
    (sleep 0.5; cat) >"$dir/back"
cmp "$dir/large" "$dir/back" || fail 'a slow reader'
pass 'a slow reader'

# clients that go with bytes in both directions, and a reset
i=0
while [ $i -lt 20 ]; do
	i=$((i + 1))
	head -c 300000 "$dir/large" |
	    timeout 0.2 socat -u - "TCP:127.0.0.1:$port,linger=0" \
	    >/dev/null 2>&1 || true
done
expect_no_leak
pass 'twenty resets in the middle'

i=0
while [ $i -lt 200 ]; do
	i=$((i + 1))
	socat -t30 - "TCP:127.0.0.1:$port" <"$dir/small" >"$dir/many.$i" &
	clients="${clients:-} $!"
done
for client in $clients; do
	wait "$client" || fail 'one of 200 at once'
done
i=0
while [ $i -lt 200 ]; do
	i=$((i + 1))
	cmp "$dir/small" "$dir/many.$i" || fail "of 200 at once, number $i"
done
pass '200 at once'

stop
