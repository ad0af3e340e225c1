#!/bin/sh
# SPDX-License-Identifier: MIT
# configure refuses a system that lacks what the library needs, and names what is
# missing, instead of leaving that to the compiler. The test makes probes fail,
# and runs a compiler for Windows where there is one.
set -eu

srcdir=${srcdir:-.}
CC=${CC:-cc}
mingw=x86_64-w64-mingw32

if [ ! -x "$srcdir/configure" ]; then
	echo 'no configure'
	exit 77
fi

# In a copy: what is configured where it lies is configured nowhere else.
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/src/poll" "$dir/here"
cp "$srcdir/configure" "$dir"
cp -RL "$srcdir/build-aux" "$dir"
chmod -R u+w "$dir"
: >"$dir/src/poll/poll.c"
cd "$dir/here"

# refused WHAT ARGUMENT...: with WHAT in the last thing it says
refused() {
	what=$1
	shift
	if ../configure "$@" >log 2>&1; then
		echo "FAIL: taken in spite of $*"
		exit 1
	fi
	if ! grep 'error: .*lacks:' log | grep -qF "$what" ||
	    [ -f config.status ]; then
		echo "FAIL: $* does not tell of $what:"
		tail -n 20 log
		exit 1
	fi
	echo "ok: $(grep 'error: ' log)"
}

refused '<poll.h>' CC="$CC" ac_cv_header_poll_h=no
refused '<sys/socket.h>, <sys/un.h>' CC="$CC" \
    ac_cv_header_sys_socket_h=no ac_cv_header_sys_un_h=no
refused '<pthread.h>' CC="$CC" ac_cv_header_pthread_h=no
refused '<stdatomic.h>' CC="$CC" ac_cv_header_stdatomic_h=no
refused CLOCK_MONOTONIC CC="$CC" mio_cv_clock_monotonic=no

if command -v $mingw-gcc >/dev/null; then
	refused '<poll.h>' --host=$mingw CC=$mingw-gcc CXX=$mingw-g++
else
	echo "no $mingw-gcc"
fi
