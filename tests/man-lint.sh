#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Lints the man pages: mandoc has nothing to say about any of them, and where
# they are installed, nor have man-db's man and lexgrog.

set -u

srcdir=${srcdir:-.}
failed=0

if ! command -v mandoc > /dev/null 2>&1; then
	echo 'mandoc is not installed'
	exit 77
fi

dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
trap 'exit 99' HUP INT TERM

# Fails the test if what was run left anything in the log.
expect_silence()
{
	[ -s log ] || return 0
	echo "FAIL $1"
	cat log
	: > log
	failed=$((failed + 1))
}

# Pages that refer to others name them from the top of the manual.
mkdir "$dir/man3" "$dir/man7" || exit 99
cp "$srcdir"/man/*.3 "$dir/man3" || exit 99
cp "$srcdir"/man/*.7 "$dir/man7" || exit 99
cd "$dir" || exit 99
: > log

# mandoc has something against every .so, so that these are only followed.
pages=$(grep -L '^\.so ' man3/*.3 man7/*.7)
for page in man3/*.3; do
	grep -q '^\.so ' "$page" || continue
	target=$(sed -n 's/^\.so //p' "$page")
	[ -r "$target" ] || echo "no $target" > log
	[ "$(wc -l < "$page")" -eq 1 ] || echo 'not one line' >> log
	expect_silence "$page"
done

# At every level. mandoc may find no pages but its own system's, and what it has on
# its standard error is about its database. The names are ours: no white space.
# shellcheck disable=SC2086
mandoc -I os=libmio -T lint -W all $pages 2> /dev/null |
    grep -v 'STYLE: referenced manual not found: ' > log
expect_silence 'mandoc -T lint'
# shellcheck disable=SC2086
grep -ho 'Xr mio[-a-z0-9_]* [0-9]' $pages | sort -u |
    while read -r macro name section; do
	[ -r "man$section/$name.$section" ] || echo "$macro $name $section"
done > log
expect_silence 'references'

# What mandoc does not report: cells that are wider than their columns, or than
# what is left of a line of 78, as man shows them, and doubled full stops.
for page in $pages; do
	awk '
	function width(cell,    words, n, i, text, word) {
		n = split(cell, words, " ")
		for (i = 1; i <= n; i++) {
			word = words[i]
			if (word == "Fn")
				word = words[++i] "()"
			else if (word == "Xr") {
				word = words[i + 1] "(" words[i + 2] ")"
				i += 2
			} else if (word ~ /^(Dv|Er|Em|Li|Sy|Va|Vt)$/)
				continue
			text = text (text == "" || word ~ /^[,.;:]$/ ? \
			    "" : " ") word
		}
		return length(text)
	}
	/^\.Bl -column/ {
		columns = split($0, widths, "\"")
		indent = /-offset indent/ ? 11 : 5
	}
	/^\.El/ { columns = 0 }
	/^\.It / && columns {
		first = /^\.It Ta/ ? " Ta " : ""
		sub(/^\.It( Ta )?/, first)
		cells = split($0, cell, / Ta /)
		room = 78 - indent
		for (i = 1; i < cells; i++) {
			if (width(cell[i]) > length(widths[2 * i]))
				print "line " FNR ": wider than its column: " \
				    cell[i]
			room -= length(widths[2 * i]) + 4
		}
		if (width(cell[cells]) > room)
			print "line " FNR ": no room: " cell[cells]
	}' "$page" > log
	expect_silence "$page"
	mandoc -T ascii "$page" | grep '[^.]\.\.$' > log
	expect_silence "$page"
done

# Other systems have a man without these options, which is no fault of ours.
man_db=no
if man --version 2> /dev/null | grep -q '^man 2'; then
	man_db=yes
fi

for page in $pages; do
	if [ $man_db = yes ]; then
		man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2> log > /dev/null
		expect_silence "man $page"
	fi

	if command -v lexgrog > /dev/null 2>&1; then
		if ! lexgrog "$page" > out 2>&1; then
			cp out log
		fi
		expect_silence "lexgrog $page"
	fi
done

[ "$failed" -eq 0 ]
