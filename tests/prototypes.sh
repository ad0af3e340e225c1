#!/bin/sh
# SPDX-License-Identifier: MIT
# The prototypes in the SYNOPSIS sections of the man pages are those of the headers,
# in both directions.
set -eu

srcdir=${srcdir:-.}
builddir=${builddir:-.}

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# one prototype a line, without attributes, with single spaces
normalize() {
	sed -e 's/_Bool/bool/g' -e 's/__attribute__ *(([^()]*))//g' \
	    -e 's/__attribute__ *(([^()]*([^()]*)[^()]*))//g' \
	    -e 's/[[:space:]][[:space:]]*/ /g' -e 's/^ //' -e 's/ *$//' \
	    -e 's/\* /*/g' -e 's/ \*/ */g' -e 's/( /(/g' -e 's/ )/)/g' |
	    LC_ALL=C sort
}

echo '#include <mio.h>' >"$dir/all.c"
${CC:-cc} -E -P -I"$srcdir/include" -I"$builddir/include" "$dir/all.c" |
    tr '\n' ' ' | tr ';{}' '\n\n\n' |
    grep -E '^ *[a-z_][A-Za-z0-9_ *]*[ *]mio_[a-z0-9_]*\(' |
    grep -v '^ *typedef ' | normalize >"$dir/headers"

for page in "$srcdir"/man/mio_*.3; do
	awk '
	# words: what is quoted is one
	function split_words(line) {
		count = 0
		while (match(line, /"[^"]*"|[^ "]+/)) {
			word[++count] = substr(line, RSTART, RLENGTH)
			gsub(/"/, "", word[count])
			line = substr(line, RSTART + RLENGTH)
		}
	}
	function finish() {
		if (name !~ /^[(*]/)
			print type " " name "(" arguments ")"
	}
	function add(argument) {
		arguments = arguments (arguments == "" ? "" : ", ") argument
	}
	/^\.Sh/ { inside = $2 == "SYNOPSIS" }
	!inside { next }
	{ split_words($0) }
	$1 == ".Ft" {
		type = word[2]
		for (i = 3; i <= count; i++)
			type = type " " word[i]
	}
	$1 == ".Fo" || $1 == ".Fn" { name = word[2]; arguments = "" }
	$1 == ".Fa" || $1 == ".Fn" {
		for (i = $1 == ".Fa" ? 2 : 3; i <= count; i++)
			add(word[i])
	}
	$1 == ".Fc" || $1 == ".Fn" { finish() }
	' "$page"
done | grep -v '^typedef ' | normalize >"$dir/pages"

if ! diff -u "$dir/headers" "$dir/pages"; then
	echo 'FAIL: the headers and the man pages differ'
	exit 1
fi
count=$(wc -l <"$dir/headers")
if [ "$count" -ne "$(wc -l <"$srcdir/src/libmio.sym")" ]; then
	echo "FAIL: $count prototypes are not those of src/libmio.sym"
	exit 1
fi
echo "ok: $count prototypes"
