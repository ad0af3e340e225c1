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

# The names are ours: no white space.
# shellcheck disable=SC2086
mandoc -T lint -W warning $pages > log 2>&1
expect_silence 'mandoc -T lint'

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
