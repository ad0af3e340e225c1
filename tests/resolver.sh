#!/bin/sh
# SPDX-License-Identifier: MIT
# examples/adapters/resolver with dnsmasq on loopback: names that are there, that are not,
# many at once, responses too long for a datagram, and servers that are silent,
# late or closed. Nothing depends on what the system knows of name servers.
set -eu
. "${srcdir:-.}/tests/clients_lib.sh"

PATH=$PATH:/usr/sbin:/sbin
need dnsmasq timeout
if [ ! -x "$builddir/examples/adapters/resolver" ]; then
	echo 'resolver was not built'
	exit 77
fi

# A name with more addresses than a datagram has room for, and many names.
i=0
while [ $i -lt 200 ]; do
	i=$((i + 1))
	echo "192.0.2.$i many.example"
	echo "198.51.100.$i host$i.example"
done >"$dir/hosts"

# as root it would become another user
[ "$(id -u)" -ne 0 ] || as="--user=root --group=root"

# Ports are tried until one is free, below those that the system gives away.
started() {
	grep -q 'started, version' "$dir/dnsmasq.log" ||
	    ! kill -0 "$dnsmasq" 2>/dev/null
}
start_dnsmasq() {
	port=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 10000))
	dnsmasq --keep-in-foreground ${as:-} --conf-file=/dev/null \
	    --no-resolv --no-hosts --addn-hosts="$dir/hosts" --pid-file \
	    --listen-address=127.0.0.1 --bind-interfaces --port="$port" \
	    --log-facility=- --local=/example/ \
	    --address=/under.example/192.0.2.1 \
	    --host-record=both.example,192.0.2.7,2001:db8::7 \
	    --host-record=six.example,2001:db8::6 \
	    --txt-record=text.example,hello 2>"$dir/dnsmasq.log" &
	dnsmasq=$!
	peer_pids=$dnsmasq
	wait_until 'dnsmasq does not start' started
	kill -0 "$dnsmasq" 2>/dev/null
}
attempts=0
until start_dnsmasq; do
	attempts=$((attempts + 1))
	if [ $attempts -eq 20 ]; then
		cat "$dir/dnsmasq.log"
		echo 'dnsmasq cannot run here'
		exit 77
	fi
done

# resolve NAME...: sets status, and leaves the results sorted
resolve() {
	status=0
	timeout 120 "$builddir/examples/adapters/resolver" -s "127.0.0.1:$port" "$@" \
	    >"$dir/unsorted" 2>"$dir/err" || status=$?
	sort "$dir/unsorted" >"$dir/out"
}

# is WHAT STATUS RESULTS: these, and nothing said beyond them if all is well
is() {
	[ $status -eq "$2" ] ||
	    fail "$1: it ended with $status: $(cat "$dir/err")"
	[ "$(cat "$dir/out")" = "$3" ] || fail "$1: $(cat "$dir/out")"
	[ "$2" -ne 0 ] || [ ! -s "$dir/err" ] || fail "$1: $(cat "$dir/err")"
	pass "$1"
}

# said WHAT PATTERN
said() {
	grep -q "$2" "$dir/err" || fail "$1: it said $(cat "$dir/err")"
}

resolve host1.example
is 'an IPv4 address' 0 'host1.example 198.51.100.1'
resolve six.example
is 'an IPv6 address' 0 'six.example 2001:db8::6'
resolve both.example
is 'both' 0 'both.example 192.0.2.7
both.example 2001:db8::7'
resolve any.thing.under.example
is 'a wildcard' 0 'any.thing.under.example 192.0.2.1'

resolve nobody.example
is 'a name that does not exist' 1 ''
said 'a name that does not exist' '^nobody.example: .*not found'
resolve text.example
is 'a name without an address' 1 ''
said 'a name without an address' '^text.example: '

resolve host1.example nobody.example host2.example
is 'three at once, one of which does not exist' 1 \
    'host1.example 198.51.100.1
host2.example 198.51.100.2'

# longer than a datagram: asked for again, over TCP
resolve many.example
sed -n 's/^\([^ ]*\) \(many.example\)$/\2 \1/p' "$dir/hosts" |
    sort >"$dir/expected"
is '200 addresses of one name' 0 "$(cat "$dir/expected")"

names=
i=0
while [ $i -lt 200 ]; do
	i=$((i + 1))
	names="$names host$i.example"
done
resolve $names
sed -n 's/^\([^ ]*\) \(host.*\)$/\2 \1/p' "$dir/hosts" |
    sort >"$dir/expected"
is '200 names at once' 0 "$(cat "$dir/expected")"

# The timeouts are the poll's: about eight seconds in all, for many as for one.
kill -STOP "$dnsmasq"
resolve host1.example nobody.example host2.example
is 'a silent server' 1 ''
[ "$(grep -c ': .*[Tt]imeout' "$dir/err")" -eq 3 ] ||
    fail "it said $(cat "$dir/err")"

# nothing comes while the first try waits, but it does before the last one
timeout 120 "$builddir/examples/adapters/resolver" -s "127.0.0.1:$port" \
    host3.example host4.example >"$dir/unsorted" 2>"$dir/err" &
resolver=$!
peer_pids="$dnsmasq $resolver"
sleep 0.7
kill -CONT "$dnsmasq"
status=0
wait "$resolver" || status=$?
sort "$dir/unsorted" >"$dir/out"
is 'a server that is late' 0 'host3.example 198.51.100.3
host4.example 198.51.100.4'

kill "$dnsmasq"
wait "$dnsmasq" || fail "dnsmasq ended with $?"
peer_pids=
resolve host1.example host2.example
is 'no server at all' 1 ''
[ "$(grep -c '^host[12].example: ' "$dir/err")" -eq 2 ] ||
    fail "it said $(cat "$dir/err")"

resolve 127.0.0.1 ::1
is 'addresses are never asked for' 0 '127.0.0.1 127.0.0.1
::1 ::1'

echo "$passed passed"
