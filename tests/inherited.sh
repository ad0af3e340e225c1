#!/bin/sh
# SPDX-License-Identifier: MIT
# Sockets that a service manager made and handed over (LISTEN_FDS, LISTEN_PID):
# they are adopted, and serve as others do. tests/lib/activate.c hands over some
# of each kind, and systemd-socket-activate, where it is there, listeners.
set -eu
. "${srcdir:-.}/tests/clients_lib.sh"

need socat cmp timeout
bytes 1048576 /dev/urandom >"$dir/large"
bytes 20000 /dev/urandom >"$dir/small"

# echoed WHAT INPUT SIZE ADDRESS
echoed() {
	timeout 120 socat -t100 -b"$3" - "$4" <"$dir/$2" >"$dir/back"
	cmp "$dir/$2" "$dir/back" || fail "$1"
	pass "$1"
}

start tests/activate tcp "stream:$dir/stream" udp "datagram:$dir/datagram" -- \
    "$builddir/tests/echo_peer" inherited
port_of() {
	sed -n "s/^$1 //p" "$dir/out"
}
echoed 'TCP' large 65536 "TCP4:127.0.0.1:$(port_of tcp)"
echoed 'a stream at a path' large 65536 "UNIX-CONNECT:$dir/stream"
echoed 'UDP' small 500 "UDP4:127.0.0.1:$(port_of udp),shut-null,null-eof"
echoed 'datagrams at a path' small 500 \
    "UNIX-SENDTO:$dir/datagram,bind=$dir/own,shut-null,null-eof"
echoed 'TCP again' small 500 "TCP4:127.0.0.1:$(port_of tcp)"
stop

# They are for the process that LISTEN_PID names, and not for its children.
status=0
LISTEN_FDS=1 LISTEN_PID=$$ $execute "$builddir/tests/echo_peer" inherited \
    >"$dir/out" 2>"$dir/err" || status=$?
[ $status -eq 1 ] && grep -q '^LISTEN_PID: ' "$dir/err" ||
    fail 'it took what was not meant for it'
pass 'LISTEN_PID is another process'

if command -v systemd-socket-activate >/dev/null; then
	# it starts the program for the first client, which waits meanwhile;
	# the program finds its library only through the script around it
	absolute=$(cd "$builddir" && pwd)
	systemd-socket-activate -l "$dir/first" -l "$dir/second" \
	    "$absolute/tests/echo_peer" inherited >"$dir/out" 2>"$dir/err" &
	server_pid=$!
	listening() {
		grep -q "00010000 .*$dir/second\$" /proc/net/unix
	}
	wait_until 'systemd-socket-activate does not listen' listening
	echoed 'systemd-socket-activate: the first listener' \
	    large 65536 "UNIX-CONNECT:$dir/first"
	echoed 'systemd-socket-activate: the second one' \
	    large 65536 "UNIX-CONNECT:$dir/second"
	kill -TERM "$server_pid"
	wait "$server_pid" || fail "it ended with $?: $(cat "$dir/err")"
	server_pid=
	pass 'systemd-socket-activate: the end'
else
	echo 'no systemd-socket-activate here'
fi

echo "$passed passed"
