#!/bin/sh
# SPDX-License-Identifier: MIT
# examples/child_output: what children write and end with, in either order, and
# much of it.
set -eu
. "${srcdir:-.}/tests/clients_lib.sh"

need cmp timeout
if [ ! -x "$builddir/examples/child_output" ]; then
	echo 'child_output was not built'
	exit 77
fi

# run COMMAND...: sets status, and leaves its output in $dir/out
run() {
	status=0
	timeout 120 "$builddir/examples/child_output" "$@" \
	    >"$dir/out" 2>"$dir/err" || status=$?
}

# is WHAT STATUS OUTPUT
is() {
	[ $status -eq "$2" ] || fail "$1: it ended with $status, not $2"
	[ "$(cat "$dir/out")" = "$3" ] || fail "$1: it wrote $(cat "$dir/out")"
	pass "$1"
}

run true
if grep -q '^pidfd_open: ' "$dir/err"; then
	cat "$dir/err"
	exit 77
fi
is 'nothing to print' 0 ''

run sh -c 'echo a line; exit 7'
is 'a line and a status' 7 'a line'
run sh -c 'echo to the other >&2; exit 255'
is 'the largest status' 255 ''
grep -q '^to the other$' "$dir/err" || fail 'standard error went elsewhere'
run sh -c 'echo a line; kill -KILL $$'
is 'killed by a signal' 137 'a line'
run /nonexistent/program
is 'no such program' 127 ''
run /
is 'no program at all' 125 ''

run sh -c 'echo a line; exec >&-; sleep 0.3; exit 5'
is 'its output ends before it does' 5 'a line'
run sh -c '(sleep 0.3; echo a late line) & exit 4'
is 'it ends before its output does' 4 'a late line'
run sh -c 'for i in 1 2 3; do sleep 0.1; echo $i; done'
is 'line after line' 0 '1
2
3'

echo 'from standard input' >"$dir/in"
run cat <"$dir/in"
is 'standard input is passed on' 0 'from standard input'

# nothing of the poll gets into the child
ls /dev/fd/ >"$dir/fds"
run ls /dev/fd/
is 'no descriptor too many' 0 "$(cat "$dir/fds")"

bytes 16777216 /dev/urandom >"$dir/large"
run sh -c 'cat "$1"; exit 9' sh "$dir/large"
[ $status -eq 9 ] || fail "16 MiB: it ended with $status"
cmp "$dir/large" "$dir/out" || fail '16 MiB'
pass '16 MiB and a status'

# one line in each write, which must all come however they are read
run sh -c 'i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); echo $i; done; exit 2'
[ $status -eq 2 ] || fail "20000 lines: it ended with $status"
[ "$(wc -l <"$dir/out")" -eq 20000 ] || fail '20000 lines'
[ "$(sort -n "$dir/out" | cksum)" = "$(cksum <"$dir/out")" ] ||
    fail '20000 lines, in order'
pass '20000 lines and a status'

# a reader that does not read while all buffers on the way fill up
(
	status=0
	timeout 120 "$builddir/examples/child_output" \
	    sh -c 'cat "$1"; exit 6' sh "$dir/large" || status=$?
	echo $status >"$dir/status"
) | (sleep 0.3; cat) >"$dir/out"
cmp "$dir/large" "$dir/out" || fail 'a slow reader'
[ "$(cat "$dir/status")" -eq 6 ] || fail 'a slow reader: the status'
pass 'a slow reader'

i=0
while [ $i -lt 20 ]; do
	i=$((i + 1))
	timeout 120 "$builddir/examples/child_output" \
	    sh -c 'echo $1; exit $1' sh $i >"$dir/out.$i" &
	children="${children:-} $!"
done
i=0
for pid in $children; do
	i=$((i + 1))
	status=0
	wait "$pid" || status=$?
	[ $status -eq $i ] || fail "of 20 at once, number $i: $status"
	[ "$(cat "$dir/out.$i")" = $i ] || fail "of 20 at once, number $i"
done
pass '20 at once'

echo "$passed passed"
