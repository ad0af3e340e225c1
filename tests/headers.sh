#!/bin/sh
# SPDX-License-Identifier: MIT
# Each header compiles alone and twice over, all compile in any order, in each
# language that the compiler knows, without a warning; every macro expands; no
# name is there that libmio does not own.
set -eu

srcdir=${srcdir:-.}
builddir=${builddir:-.}
CC=${CC:-cc}
CXX=${CXX:-c++}
flags="-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wundef
-Wshadow -Wcast-qual -Werror -fsyntax-only -I$srcdir/include
-I$builddir/include"

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0
passed=0

# What C++ programs are built with, as far as this compiler knows it.
cxx_flags=
echo 'int main(void);' >"$dir/empty"
for flag in -Wold-style-cast -Wuseless-cast -Wzero-as-null-pointer-constant; do
	if $CXX -x c++ -Werror $flag -fsyntax-only "$dir/empty" 2>"$dir/log"; then
		cxx_flags="$cxx_flags $flag"
	fi
done

# compile COMPILER LANGUAGE STANDARD FILE
compile() {
	case $2 in
	c++)	more=$cxx_flags ;;
	*)	more= ;;
	esac
	if $1 -x "$2" -std="$3" $flags $more "$4" 2>"$dir/log"; then
		passed=$((passed + 1))
	else
		echo "FAIL: $1 -std=$3 $(basename "$4")"
		sed 's/^/	/' "$dir/log"
		failed=$((failed + 1))
	fi
}

# knows COMPILER LANGUAGE STANDARD
knows() {
	$1 -x "$2" -std="$3" -fsyntax-only "$dir/empty" 2>"$dir/log"
}

headers="mio.h $(cd "$srcdir/include" && echo mio/*.h) mio/version.h"
headers=$(printf '%s\n' $headers | sort -u)
for header in $headers; do
	printf '#include <%s>\n#include <%s>\nextern int x;\n' \
	    "$header" "$header" >"$dir/$(echo "$header" | tr / _)"
done

# all of them, backwards
for header in $headers; do
	echo "#include <$header>"
done | sort -r >"$dir/backwards.h"
echo 'extern int x;' >>"$dir/backwards.h"

# every macro that is a value, used as one
{
	echo '#include <mio.h>'
	echo 'void use(void);'
	echo 'void use(void) {'
	for header in $headers; do
		file=$srcdir/include/$header
		[ -f "$file" ] || file=$builddir/include/$header
		sed -n 's/^#define \(MIO_[A-Z0-9_]*\)[ 	].*/\1/p' "$file"
	done | sort -u | sed 's/.*/	{ (void)(&); }/'
	echo '}'
} >"$dir/macros.h"
grep -q MIO_TOKEN_RESERVED "$dir/macros.h"

for file in "$dir"/*.h; do
	for standard in c99 c11 c17 c2x gnu11; do
		knows "$CC" c $standard && compile "$CC" c $standard "$file"
	done
	for standard in c++11 c++14 c++17 c++20; do
		knows "$CXX" c++ $standard &&
		    compile "$CXX" c++ $standard "$file"
	done
done

# libsndio's names, and any that do not begin with mio_ or MIO_
sndio='mio_open|mio_close|mio_read|mio_write|mio_nfds|mio_pollfd|mio_revents'
sndio="$sndio|mio_eof|MIO_IN|MIO_OUT|MIO_PORTANY"
if (cd "$srcdir/include" && grep -nwE "$sndio" mio.h mio/*.h); then
	echo "FAIL: a name of libsndio"
	failed=$((failed + 1))
fi
if (cd "$srcdir/include" && grep -hE '^#define' mio.h mio/*.h |
    grep -vE '^#define MIO_'); then
	echo "FAIL: a macro that is not MIO_*"
	failed=$((failed + 1))
fi
if (cd "$srcdir/include" && grep -nwE \
    'time_t|timespec|timeval|off_t|static|inline' mio.h mio/*.h); then
	echo "FAIL: a type whose size depends on flags, or an inline function"
	failed=$((failed + 1))
fi

# What a program includes with mio.h: types, and those of addresses.
system='netinet/in|stdbool|stddef|stdint|sys/socket|sys/types|sys/uio|sys/un'
if (cd "$srcdir/include" && grep -nE '^#[[:space:]]*include' mio.h mio/*.h |
    grep -vE "<(mio/[a-z]*|$system)\.h>"); then
	echo "FAIL: a header of the system that is not needed"
	failed=$((failed + 1))
fi

echo "$passed compilations, $failed failures"
[ "$passed" -gt 50 ] && [ "$failed" -eq 0 ]
