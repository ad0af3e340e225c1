#!/bin/sh
# SPDX-License-Identifier: MIT
# The program in README.md compiles without a warning and does what it says, or
# says why it does not.
set -eu

srcdir=${srcdir:-.}
builddir=${builddir:-.}
CC=${CC:-cc}

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

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
