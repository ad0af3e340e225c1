#!/bin/sh
# SPDX-License-Identifier: MIT
#
# An error that a test expects of a call is in ERRORS of the call's man page.
# scripts/check-calls compares the pages with what the calls return while the
# tests run, both ways.

set -u

srcdir=${srcdir:-.}

dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
trap 'exit 99' HUP INT TERM

awk -f "$srcdir/scripts/pages.awk" "$srcdir"/man/*.3 > "$dir/facts" || exit 99

# Statements such as assert_error(mio_call(arguments), ERROR).
cat "$srcdir"/tests/test_*.c "$srcdir"/tests/lib/*.c | tr '\n\t' '  ' |
    tr ';' '\n' | sed -n \
    's/.*assert_error( *\(mio_[a-z0-9_]*\)(.*[ ,]\(E[A-Z0-9]*\))$/\1 \2/p' |
    sort -u > "$dir/expected"
if [ "$(wc -l < "$dir/expected")" -lt 200 ]; then
	echo 'FAIL the tests are not understood'
	exit 1
fi

awk '
FILENAME ~ /facts$/ && ($1 == "error" || $1 == "passes") {
	n = split($3, call, ",")
	for (i = 1; i <= n; i++)
		if ($1 == "error")
			listed[call[i], $4] = 1
		else
			passes[call[i]] = passes[call[i]] " " $4
}
FILENAME ~ /facts$/ && $1 == "page" { page[$2] = $3 }
FILENAME ~ /expected$/ && !is_listed($1, $2) {
	print "FAIL " $1 ": " $2 " is not in ERRORS of " \
	    ($1 in page ? page[$1] : "any page")
	failed = 1
}
END { exit failed }

# Whether the call returns the error, or those of another one that has it; what
# the system and sources return is not known here.
function is_listed(call, error,    name, n, i) {
	if ((call, error) in listed)
		return 1
	n = split(passes[call], name, " ")
	for (i = 1; i <= n; i++)
		if (name[i] !~ /^mio_/ || is_listed(name[i], error))
			return 1
	return 0
}' "$dir/facts" "$dir/expected"
