#!/bin/sh
# SPDX-License-Identifier: MIT
#
# "Threads and signals" of the man pages says of each public call, once and in
# one of the sentences that scripts/pages.awk knows, which threads may make it
# and whether a signal handler may.

set -u

srcdir=${srcdir:-.}

awk -f "$srcdir/scripts/pages.awk" "$srcdir"/man/*.3 | awk '
FILENAME == "-" && ($1 == "thread" || $1 == "signal") {
	n = split($3, call, ",")
	for (i = 1; i <= n; i++)
		said[$1, call[i]]++
	next
}
FILENAME == "-" { next }
{
	calls++
	check("thread", "which threads may make it")
	check("signal", "whether a signal handler may make it")
}
END {
	if (calls < 100) {
		print "FAIL there are only " calls " calls"
		failed = 1
	}
	exit failed
}

function check(what, words) {
	if (said[what, $1] == 1)
		return
	print "FAIL " $1 ": its page says " said[what, $1] + 0 \
	    " times " words
	failed = 1
}' - "$srcdir/src/libmio.sym"
