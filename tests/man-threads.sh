#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Compares "Threads and signals" in mio(7), which is a rule and lists of exceptions,
# with the list of all calls and with what each page of section 3 says.

set -u

srcdir=${srcdir:-.}
LC_ALL=C
export LC_ALL
failed=0

dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
trap 'exit 99' HUP INT TERM

fail()
{
	echo "FAIL $*"
	failed=1
}

# Prints the clauses of the section of page $1, one a line. Calls have
# parentheses, and other macros become their arguments.
clauses()
{
	awk '
	/^\.S[hs] / { inside = $0 == ".Ss Threads and signals"; next }
	!inside { next }
	/^\.(Pp|Bl|El)/ { printf "\n"; next }
	/^\.It/ { printf "\n"; sub(/^\.It (Em )?/, ""); print; next }
	/^\.Fn / {
		sub(/^\.Fn /, "")
		sub(/^mio_[a-z0-9_]*/, "&()")
		sub(/\(\) /, "()") # punctuation or arguments
	}
	{ sub(/^\.[A-Z][a-z] /, ""); printf "%s ", $0 }
	/[.;:]$/ { printf "\n" }
	' "$1" | awk '{ gsub(/[.;:] /, "&\n"); print }' | sed '/^ *$/d'
}

# Prints the calls that standard input names.
calls()
{
	grep -o 'mio_[a-z0-9_]*()' | sed 's/()$//' | sort -u
}

# expect WHAT CALLS FILE: that the file names the calls of the other file
expect()
{
	diff "$2" "$3" > "$dir/diff" && return
	fail "$1"
	sed -n 's/^< /	is missing: /p; s/^> /	is too much: /p' "$dir/diff"
}

"$srcdir/scripts/symbols" names > "$dir/all"

# ---- the rule

clauses "$srcdir/man/mio.7" > "$dir/rule"
grep -q '^Any thread may make any call at any time' "$dir/rule" ||
    fail 'mio(7) has no rule for threads'
grep -q '^No call may be made in a signal handler\.' "$dir/rule" ||
    fail 'mio(7) has no rule for signal handlers'

# An exception begins with its name on a line.
for list in one last safe; do
	case $list in
	one) begin='One thread at a time' end='Last call' ;;
	last) begin='Last call' end='Signal handlers' ;;
	safe) begin='Signal handlers' end='Descriptors and sources ' ;;
	esac
	sed -n "/^$begin/,/^$end/p" "$dir/rule" | calls > "$dir/$list"
	[ -s "$dir/$list" ] || fail "mio(7) has no exceptions in $begin"
	comm -23 "$dir/$list" "$dir/all" > "$dir/unknown"
	if [ -s "$dir/unknown" ]; then
		fail "mio(7) lists what is no call: $(cat "$dir/unknown")"
	fi
done

# ---- the pages

# check_one PAGE: that it names the calls that one thread at a time may make, or
# those that any thread may make
check_one()
{
	comm -12 "$dir/page" "$dir/one" > "$dir/expected"
	grep '[Oo]ne thread at a time' "$dir/said" > "$dir/clauses"
	grep -i 'any thread' "$dir/said" | calls > "$dir/free"
	calls < "$dir/clauses" > "$dir/named"
	if [ -s "$dir/clauses" ] && [ ! -s "$dir/named" ]; then
		comm -12 "$dir/page" "$dir/last" | sort -m - "$dir/free" |
		    comm -23 "$dir/page" - > "$dir/named"
	fi
	expect "$1: calls of one thread at a time" "$dir/expected" "$dir/named"
	comm -12 "$dir/free" "$dir/expected" > "$dir/both"
	if [ -s "$dir/both" ]; then
		fail "$1: any thread may call $(cat "$dir/both")"
	fi
	grep -qi 'any thread' "$dir/said" ||
	    fail "$1 does not say what any thread may call"
}

# check_last PAGE
check_last()
{
	comm -12 "$dir/page" "$dir/last" > "$dir/expected"
	grep 'no other call on the same [a-z]* is running or will follow' \
	    "$dir/said" | calls > "$dir/named"
	expect "$1: calls that no other call may follow" "$dir/expected" \
	    "$dir/named"
}

# check_safe PAGE: that it names the calls that are safe, unless that is all of
# them, and speaks of the others if there are any
check_safe()
{
	comm -12 "$dir/page" "$dir/safe" > "$dir/expected"
	grep 'async-signal-safe' "$dir/said" | calls > "$dir/named"
	if grep -q 'from any thread and from a signal handler' "$dir/said"; then
		cp "$dir/page" "$dir/named"
	fi
	expect "$1: calls that are async-signal-safe" "$dir/expected" \
	    "$dir/named"
	grep -iE '(not|none|neither) .*signal handler' "$dir/said" \
	    > "$dir/clauses"
	if cmp -s "$dir/expected" "$dir/page"; then
		[ ! -s "$dir/clauses" ] ||
		    fail "$1: $(cat "$dir/clauses")"
	else
		[ -s "$dir/clauses" ] ||
		    fail "$1 does not say what signal handlers must not call"
	fi
}

: > "$dir/seen"
# the names of pages have no white space
# shellcheck disable=SC2013
for file in $(grep -L '^\.so ' "$srcdir"/man/*.3); do
	page=$(basename "$file" .3)
	{
		echo "$page"
		grep -lx "\.so man3/$page\.3" "$srcdir"/man/*.3 |
		    sed 's,.*/,,; s/\.3$//'
	} | sort > "$dir/page"
	cat "$dir/page" >> "$dir/seen"
	clauses "$file" > "$dir/said"
	if [ ! -s "$dir/said" ]; then
		fail "$page has no subsection Threads and signals"
		continue
	fi
	check_one "$page"
	check_last "$page"
	check_safe "$page"
done
sort -o "$dir/seen" "$dir/seen"
expect 'calls that no page is about' "$dir/all" "$dir/seen"

[ $failed -eq 0 ] &&
    echo "ok: $(wc -l < "$dir/all") calls; exceptions:" \
    "$(wc -l < "$dir/one") by one thread at a time," \
    "$(wc -l < "$dir/last") last, $(wc -l < "$dir/safe") safe"
exit $failed
