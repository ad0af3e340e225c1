#!/bin/sh
# SPDX-License-Identifier: MIT
# examples/unix_pass_fd: open files that go from one process to another, fewer
# and more than fit into a message, a pipe among them, and too few descriptors.
set -eu
. "${srcdir:-.}/tests/clients_lib.sh"

need cmp timeout
path=$dir/socket

# receive [LIMIT]: a receiver that listens, with so many descriptors
receive() {
	: >"$dir/out"
	(
		[ $# -eq 0 ] || ulimit -n "$1"
		exec $execute "$builddir/examples/unix_pass_fd" receive "$path"
	) >"$dir/out" 2>"$dir/err" &
	peer_pids=$!
	wait_until 'the receiver does not listen' grep -q listening "$dir/out"
}

# send FILE...: with the receiver's reply on standard output
send() {
	timeout 60 "$builddir/examples/unix_pass_fd" send "$path" "$@"
}

# received WHAT: the receiver has ended, and said what is in $dir/expected
received() {
	wait "$peer_pids" || fail "$1: the receiver: $(cat "$dir/err")"
	peer_pids=
	sed 1d "$dir/out" >"$dir/files" # the first line is about the socket
	cmp "$dir/expected" "$dir/files" || fail "$1"
	[ "$(cat "$dir/reply")" = "$(wc -c <"$dir/expected") bytes" ] ||
	    fail "$1: the reply was '$(cat "$dir/reply")'"
	[ ! -e "$path" ] || fail "$1: the path is left"
	pass "$1"
}

echo one >"$dir/one"
bytes 1000000 /dev/urandom >"$dir/large"
: >"$dir/empty"

cp "$dir/one" "$dir/expected"
receive
send "$dir/one" >"$dir/reply"
received 'a file'

cat "$dir/large" "$dir/one" "$dir/empty" "$dir/one" >"$dir/expected"
receive
send "$dir/large" "$dir/one" "$dir/empty" "$dir/one" >"$dir/reply"
received 'four files, in order'

# 16 go into one message of this program
mkdir "$dir/many"
i=100
while [ $i -lt 400 ]; do
	i=$((i + 1))
	echo "file $i" >"$dir/many/$i"
done
cat "$dir/many"/* >"$dir/expected"
receive
send "$dir/many"/* >"$dir/reply"
received '300 files, in order'

# the receiver has no name for it, and the sender need not wait for its end
if [ -e /dev/fd/0 ]; then
	echo 'through a pipe' >"$dir/expected"
	receive
	(sleep 0.1; cat "$dir/expected") | send /dev/fd/0 >"$dir/reply"
	received 'a pipe'
fi

# A file without room is reported, and the sender learns that it was not accepted. 16 are
# enough to start with, and not for 16 more.
receive 16
status=0
send "$dir/many"/1* >"$dir/reply" 2>"$dir/send.err" || status=$?
[ $status -eq 1 ] || fail "no descriptors: the sender ended with $status"
status=0
wait "$peer_pids" || status=$?
peer_pids=
[ $status -eq 1 ] || fail "no descriptors: the receiver ended with $status"
grep -q '^descriptors: ' "$dir/err" || fail "it said $(cat "$dir/err")"
pass 'too few descriptors'

# nobody listens any more
if send "$dir/one" >"$dir/reply" 2>"$dir/send.err"; then
	fail 'sent to nobody'
fi
grep -q '^connect: ' "$dir/send.err" || fail "it said $(cat "$dir/send.err")"
pass 'nobody listens'

echo "$passed passed"
