#!/bin/sh
# SPDX-License-Identifier: MIT
# Unix domain sockets with socat as the other side, in both roles: streams and
# datagrams, at paths and at abstract names.
set -eu
. "${srcdir:-.}/tests/clients_lib.sh"

need socat cmp timeout
abstract=mio-$$-$(basename "$dir") # nobody else's

bytes 1048576 /dev/urandom >"$dir/large"
bytes 20000 /dev/urandom >"$dir/small"

# client SIZE ADDRESS: socat, for what comes back of its input
client() {
	timeout 120 socat -t100 -b"$1" - "$2"
}

# stream ADDRESS SOCAT-ADDRESS: libmio listens
stream() {
	start tests/echo_peer stream "$1"
	label=${2%%:*}

	client 65536 "$2" <"$dir/large" >"$dir/back"
	cmp "$dir/large" "$dir/back" || fail "$label"
	pass "$label"

	i=0
	clients=
	while [ $i -lt 50 ]; do
		i=$((i + 1))
		client 1000 "$2" <"$dir/small" >"$dir/back.$i" &
		clients="$clients $!"
	done
	peer_pids=$clients
	for pid in $clients; do
		wait "$pid" || fail "$label: one of 50 at once"
	done
	peer_pids=
	i=0
	while [ $i -lt 50 ]; do
		i=$((i + 1))
		cmp "$dir/small" "$dir/back.$i" || fail "$label: number $i"
	done
	pass "$label: 50 at once"

	stop
}

# datagram ADDRESS SOCAT-ADDRESS: libmio is bound. An empty datagram goes last,
# and the reply to it is the end. None is lost, as a full queue blocks.
datagram() {
	start tests/echo_peer datagram "$1"
	label=${2%%:*}

	client 1000 "$2,shut-null,null-eof" <"$dir/large" >"$dir/back"
	cmp "$dir/large" "$dir/back" || fail "$label"
	pass "$label: 1049 datagrams"

	client 20000 "$2,shut-null,null-eof" <"$dir/small" >"$dir/back"
	cmp "$dir/small" "$dir/back" || fail "$label: one of 20000 bytes"
	pass "$label: one of 20000 bytes"

	stop
}

# connect ADDRESS SOCAT-ADDRESS [OWN]: socat listens, and libmio connects, or
# sends from an address of its own
connect() {
	socat "$2" PIPE &
	peer_pids=$!
	address=$1
	label=${2%%:*}
	if [ $# -lt 3 ]; then
		wait_until "$label does not listen" listed " 00010000 .*"
		set -- connect "$1"
	else
		wait_until "$label is not bound" listed
		set -- send "$1" "$3"
	fi
	timeout 120 "$builddir/tests/echo_peer" "$@" || fail "$label"
	kill $peer_pids 2>/dev/null || : # it may have ended by itself
	wait $peer_pids || :
	peer_pids=
	pass "$label"
}

# listed [FLAGS]: the kernel lists the address, with these flags if it is Linux
listed() {
	if [ -f /proc/net/unix ]; then
		grep -q "${1:-}$address\$" /proc/net/unix
	else
		netstat -f unix | grep -q "$address\$"
	fi
}

stream "$dir/stream" "UNIX-CONNECT:$dir/stream"
datagram "$dir/datagram" "UNIX-SENDTO:$dir/datagram,bind=$dir/own"
connect "$dir/listener" "UNIX-LISTEN:$dir/listener"
connect "$dir/receiver" "UNIX-RECVFROM:$dir/receiver,fork" "$dir/from"

if [ "$(uname)" = Linux ]; then
	stream "@$abstract-1" "ABSTRACT-CONNECT:$abstract-1"
	datagram "@$abstract-2" \
	    "ABSTRACT-SENDTO:$abstract-2,bind=$abstract-own"
	connect "@$abstract-3" "ABSTRACT-LISTEN:$abstract-3"
	connect "@$abstract-4" "ABSTRACT-RECVFROM:$abstract-4,fork" \
	    "@$abstract-from"
fi
