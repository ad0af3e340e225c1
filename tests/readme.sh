#!/bin/sh
# SPDX-License-Identifier: MIT
# The program in README.md compiles without a warning and does what it says, or
# says why it does not. The files, targets, options, pages and packages that
# README.md names exist, also in a release.
set -eu

srcdir=${srcdir:-.}
builddir=${builddir:-.}
CC=${CC:-cc}

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# ---- the names

failed=0

# lacks NAME WHAT
lacks() {
	echo "FAIL: README.md names $1, $2"
	failed=1
}

# What is in backquotes, and the lines of commands, but not the program.
sed '/^```/,/^```$/d' "$srcdir/README.md" >"$dir/text"
{
	tr '\n' ' ' <"$dir/text" | grep -o '`[^`]*`' | tr -d '`'
	sed -n 's/^    //p' "$dir/text"
} >"$dir/code"

# files: all that have a folder or a suffix of the source, and NEWS and such
{
	grep -xE '[A-Za-z0-9_./]+(/|/Makefile|\.c|\.md)|[A-Z]+|(debian|scripts)/[a-z]+' \
	    "$dir/code"
	grep -oE '\./[a-z]+(/[a-z]+)?' "$dir/code"
	grep -o '](.*)' "$dir/text" | tr -d ']()'
} | grep -vxE '\.[ch]|hello\.c|html/|\./a|\./libmio' | sort -u >"$dir/files"
[ "$(wc -l <"$dir/files")" -ge 30 ]
while read -r file; do
	[ -e "$srcdir/$file" ] || [ -e "$srcdir/examples/$file" ] ||
	    [ -e "$srcdir/examples/adapters/$file" ] ||
	    lacks "$file" 'which is no file'
done <"$dir/files"

# and each program of the examples is in README.md
sed -n '/^programs =/,/[^\\]$/s/^	\([a-z_]*\).*/\1.c/p' \
    "$srcdir/examples/Makefile" >"$dir/programs"
[ -s "$dir/programs" ]
while read -r program; do
	grep -qx "$program" "$dir/files" || {
		echo "FAIL: README.md does not name examples/$program"
		failed=1
	}
done <"$dir/programs"

grep -oE 'make [a-z-]+' "$dir/code" | sort -u >"$dir/targets"
while read -r make target; do
	grep -q "^$target:" "$builddir/Makefile" ||
	    lacks "$make $target" 'which is no target'
done <"$dir/targets"

"$srcdir/configure" --help >"$dir/help"
grep -xE -e '--with-[a-z]+' "$dir/code" >"$dir/options"
while read -r option; do
	grep -q -e "$option" "$dir/help" ||
	    lacks "$option" 'which is no option'
done <"$dir/options"

grep '^man ' "$dir/code" >"$dir/pages"
while read -r _ section page; do
	[ -e "$srcdir/man/${page:-$section}.${page:+$section}" ] ||
	    [ -e "$srcdir/man/${page:-$section}.3" ] ||
	    lacks "man $section $page" 'which is no page'
done <"$dir/pages"

{
	sed -n 's/^Package: //p' "$srcdir/debian/control"
	sed -n 's/^%package -n //p; s/^%package \([a-z]\)/libmio-\1/p' \
	    "$srcdir/libmio.spec"
} | sort -u >"$dir/packages"
grep -xE 'libmio1|libmio-[a-z0-9]*' "$dir/code" | sort -u >"$dir/named"
diff "$dir/packages" "$dir/named" || lacks 'packages' 'but not these'
[ $failed -eq 0 ]

# ---- the program

sed -n '/^```c$/,/^```$/p' "$srcdir/README.md" | sed '/^```/d' >"$dir/hello.c"
[ "$(wc -l <"$dir/hello.c")" -le 30 ]

# CFLAGS is a list of words
"$builddir/libtool" --silent --tag=CC --mode=link "$CC" -std=gnu99 -Wall \
    -Wextra -Werror ${CFLAGS:-} -I"$srcdir/include" -I"$builddir/include" \
    "$dir/hello.c" -o "$dir/hello" -static "$builddir/libmio.la"

# it leaves to its end what a longer one would give back
export ASAN_OPTIONS=detect_leaks=0
printf 'a line\n' | "$dir/hello" >"$dir/out"
grep -qx 'token 1 is ready' "$dir/out"

status=0
"$dir/hello" <"$dir/hello.c" >"$dir/out" 2>"$dir/err" || status=$?
[ $status -eq 1 ]
grep -qx 'hello: Operation not permitted' "$dir/err"
