#!/bin/sh
# SPDX-License-Identifier: MIT
# The shared library as the linker made it: its calls to its own public functions
# are direct ones, a program can be linked with it where it is, and it is not larger
# than it should be. No object in the static one runs code before main() or has
# much data that can be written.
set -eu

builddir=${builddir:-.}
READELF=${READELF:-readelf}
library=$builddir/.libs/libmio.so

# The limits for `size', in bytes, on x86-64 with gcc: this includes the tables for
# unwinding and the dynamic symbols. Raise them only for new calls.
limit=77824
# with -Os and at link time, which scripts/check-lto builds
small_limit=65536
# and that for the variables in the archive
data_limit=512

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

if [ ! -e "$library" ] || ! $READELF -h "$library" >"$dir/header" 2>/dev/null
then
	echo "no $library that readelf can read"
	exit 77
fi

# own_calls FILE: the relocations that name a public function
own_calls() {
	$READELF -rW "$1" | grep -E '[[:space:]]mio_[a-z]'
}

flags=$(sed -n 's/^MIO_LIB_LDFLAGS = //p' "$builddir/Makefile")
case $flags in
*-Bsymbolic-functions*)
	# A program that uses the library shows that the pattern is right.
	program=$builddir/examples/.libs/echo_server
	if [ -e "$program" ] && ! own_calls "$program" >/dev/null; then
		echo 'FAIL: a program has no relocation for a public function'
		exit 1
	fi
	if own_calls "$library"; then
		echo 'FAIL: the library calls these functions indirectly'
		exit 1
	fi
	echo 'ok: the library calls its own functions directly'
	;;
*) echo 'the linker has no -Bsymbolic-functions' ;;
esac

# The library is usable from here, without libtool.
PKG_CONFIG_PATH=$builddir
export PKG_CONFIG_PATH
if flags=$(${PKG_CONFIG:-pkg-config} --cflags --libs mio-uninstalled); then
	cat >"$dir/version.c" <<-'END'
	#include <mio.h>
	#include <string.h>

	int
	main(void)
	{
		return strcmp(mio_version_string(), MIO_VERSION) != 0;
	}
	END
	# the flags are separate words
	# shellcheck disable=SC2086
	${CC:-cc} ${CFLAGS-} "$dir/version.c" -o "$dir/version" $flags
	"$dir/version"
	echo 'ok: mio-uninstalled.pc, without libtool'
fi

# Sanitizers and gcov do both, and so these do not count.
case $(sed -n 's/^MIO_CFLAGS = //p' "$builddir/Makefile") in
*-fsanitize=* | *--coverage*) exit 0 ;;
esac
archive=$builddir/.libs/libmio.a
if [ -e "$archive" ]; then
	size -A -d "$archive" >"$dir/sections"
	if grep -E '^\.(preinit_array|init|ctors|fini|dtors)' "$dir/sections"; then
		echo 'FAIL: an object in the archive runs code by itself'
		exit 1
	fi
	data=$(awk '/^\.t?(data|bss)/ && !/^\.data\.rel\.ro/ { sum += $2 }
	    END { print sum + 0 }' "$dir/sections")
	if [ "$data" -gt $data_limit ]; then
		echo "FAIL: $data bytes of variables, more than $data_limit"
		grep -E '^\.t?(data|bss).* [1-9]' "$dir/sections"
		exit 1
	fi
	echo "ok: $data bytes of variables, at most $data_limit"
fi

# Other flags and compilers make other sizes.
cflags=$(sed -n 's/^CFLAGS = //p' "$builddir/Makefile")
case $cflags/$(sed -n 's/^CC = //p' "$builddir/Makefile") in
'-g -O2/gcc' | '-g -O2/ccache gcc') ;;
'-Os -flto'*/gcc | '-Os -flto'*/'ccache gcc') limit=$small_limit ;;
*) exit 0 ;;
esac
grep -q 'X86-64' "$dir/header" && grep -q 'ELF64' "$dir/header" || exit 0

text=$(size "$library" | awk 'NR == 2 { print $1 }')
if [ "$text" -gt $limit ]; then
	echo "FAIL: $text bytes of text and read-only data, more than $limit"
	size -A "$library"
	exit 1
fi
echo "ok: $text bytes of text and read-only data, at most $limit"
