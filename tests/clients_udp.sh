#!/bin/sh
# SPDX-License-Identifier: MIT
# examples/udp_echo with socat, over IPv4 and IPv6: many datagrams, empty and
# long ones, many clients, more than a batch waiting at once.
#
# None of it is more than the server's buffer has room for (200 KB, counted with
# some 700 bytes for each datagram): nothing may be lost however slow it is.
set -eu
. "${srcdir:-.}/tests/clients_lib.sh"

need socat cmp timeout

# client ADDRESS ARGUMENT...: sends its input and then an empty datagram, and
# ends with the server's reply to that
client() {
	address=$1
	shift
	timeout 120 socat -t100 "$@" - "$address,shut-null,null-eof"
}

# same WHAT: as it was sent
same() {
	cmp "$dir/sent" "$dir/back" || fail "$1"
	pass "$1"
}

# cut_up SIZE COUNT: so many datagrams of random bytes, one client's
cut_up() {
	bytes $(($1 * $2)) /dev/urandom >"$dir/sent"
}

# many FAMILY ADDRESS: what both families have to do
many() {
	cut_up 512 100
	client "$2" -b512 <"$dir/sent" >"$dir/back"
	same "$1: 100 datagrams of 512 bytes"

	cut_up 1 200
	client "$2" -b1 <"$dir/sent" >"$dir/back"
	same "$1: 200 datagrams of a single byte"

	cut_up 65507 1
	client "$2" -b65507 <"$dir/sent" >"$dir/back"
	same "$1: the longest datagram"

	: >"$dir/sent"
	client "$2" </dev/null >"$dir/back"
	same "$1: an empty datagram"

	# one after the other, so that there may be more than fit
	i=0
	while [ $i -lt 20 ]; do
		i=$((i + 1))
		cut_up 100 100
		client "$2" -b100 <"$dir/sent" >"$dir/back"
		cmp "$dir/sent" "$dir/back" || fail "$1: client $i"
	done
	pass "$1: 2000 datagrams of 20 clients"
}

has_ipv6() {
	grep -qs '^0*1 .* lo$' /proc/net/if_inet6 ||
	    ifconfig lo0 2>/dev/null | grep -q 'inet6 ::1'
}

# stopped: whether the server is, by a signal
stopped() {
	if [ -f "/proc/$server/stat" ]; then
		state=$(sed 's/.*) //' "/proc/$server/stat")
	else
		state=$(ps -o state= -p "$server")
	fi
	case $state in
	[Tt]*) return 0 ;;
	esac
	return 1
}

start examples/udp_echo
many IPv4 "UDP4:127.0.0.1:$port"

# each client gets what is its own
i=0
while [ $i -lt 10 ]; do
	i=$((i + 1))
	bytes 2000 /dev/urandom >"$dir/sent.$i"
	client "UDP4:127.0.0.1:$port" -b100 \
	    <"$dir/sent.$i" >"$dir/back.$i" &
	clients="${clients:-} $!"
done
peer_pids=$clients
for pid in $clients; do
	wait "$pid" || fail 'one of 10 at once'
done
peer_pids=
i=0
while [ $i -lt 10 ]; do
	i=$((i + 1))
	cmp "$dir/sent.$i" "$dir/back.$i" || fail "of 10 at once, number $i"
done
pass '10 at once'

# three batches and some more are there when the server polls
kill -STOP "$server"
wait_until 'the server does not stop' stopped
cut_up 100 100
client "UDP4:127.0.0.1:$port" -b100 <"$dir/sent" >"$dir/back" &
client=$!
peer_pids=$client
sleep 0.3 # for all to be sent: without, fewer are in a batch
kill -CONT "$server"
wait "$client" || fail 'a server that was stopped'
peer_pids=
same '100 datagrams that waited'

# somebody who does not wait for the replies, which cannot be delivered then
bytes 10000 /dev/urandom |
    timeout 60 socat -u -b100 - "UDP4:127.0.0.1:$port"
cut_up 512 100
client "UDP4:127.0.0.1:$port" -b512 <"$dir/sent" >"$dir/back"
same 'after replies that nobody read'
stop

if has_ipv6; then
	start examples/udp_echo 0 ::1
	many IPv6 "UDP6:[::1]:$port"
	stop

	start examples/udp_echo 0 ::
	for address in "UDP6:[::1]:$port" "UDP4:127.0.0.1:$port"; do
		cut_up 512 100
		client "$address" -b512 <"$dir/sent" >"$dir/back"
		same "any address: ${address%%:*}"
	done
	stop
else
	echo 'no IPv6 here'
fi
