#!/bin/sh
# SPDX-License-Identifier: MIT
# Programs against what make install put in place, found through pkg-config
# alone: C99, C11 and C++, shared and static; or through CMake; the examples, by
# their Makefile and by the command in each; and the man pages open.
set -eu

CC=${CC:-cc}
CXX=${CXX:-c++}
PKG_CONFIG=${PKG_CONFIG:-pkg-config}
DESTDIR=${DESTDIR:-}

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0
passed=0

PKG_CONFIG_PATH=$DESTDIR$LIBDIR/pkgconfig
export PKG_CONFIG_PATH
# paths in mio.pc have no DESTDIR in front of them
if [ -n "$DESTDIR" ]; then
	PKG_CONFIG_SYSROOT_DIR=$DESTDIR
	export PKG_CONFIG_SYSROOT_DIR
fi

cat >"$dir/hello.c" <<'END'
#include <mio.h>
#include <stdio.h>
#include <string.h>

int
main(void)
{
	struct mio_waker *waker;
	struct mio_event event;
	struct mio_poll *poll;
	int n;

	if (strcmp(mio_version_string(), MIO_VERSION) != 0)
		return 1;
	if (mio_poll_create(&poll) < 0)
		return 1;
	if (mio_waker_create(&waker, poll, 42) < 0)
		return 1;
	if (mio_waker_wake(waker) < 0)
		return 1;
	n = mio_poll(poll, &event, 1, -1);
	mio_waker_destroy(waker);
	mio_poll_destroy(poll);

	return n == 1 && event.token == 42 ? 0 : 1;
}
END
cp "$dir/hello.c" "$dir/hello.cc"

# try WHAT COMMAND...: a step that has to work
try() {
	what=$1
	shift
	if "$@" >"$dir/log" 2>&1; then
		echo "ok: $what"
		passed=$((passed + 1))
	else
		echo "FAIL: $what"
		sed 's/^/	/' "$dir/log"
		failed=$((failed + 1))
	fi
}

try 'pkg-config --validate' $PKG_CONFIG --validate mio
for field in Name Description URL Version License Libs Cflags; do
	try "mio.pc has $field" \
	    grep -q "^$field: [^ ]" "$PKG_CONFIG_PATH/mio.pc"
done
try 'pkg-config refuses a version that is too high' \
    sh -c "! $PKG_CONFIG --atleast-version=99 mio"

warnings='-Wall -Wextra -Wpedantic -Wconversion -Werror'
cflags=$($PKG_CONFIG --cflags mio)
if [ "$HAVE_SHARED" = yes ]; then
	libs=$($PKG_CONFIG --libs mio)
	run="env LD_LIBRARY_PATH=$DESTDIR$LIBDIR"
	for standard in c99 c11; do
		try "shared, $standard" $CC $CFLAGS -std=$standard $warnings \
		    $cflags "$dir/hello.c" -o "$dir/hello" $libs
		try "shared, $standard, runs" $run "$dir/hello"
	done
	try 'shared, c++' $CXX $CFLAGS $warnings $cflags "$dir/hello.cc" \
	    -o "$dir/hello" $libs
	try 'shared, c++, runs' $run "$dir/hello"
fi
if [ "$HAVE_STATIC" = yes ]; then
	archive=$DESTDIR$LIBDIR/libmio.a
	# the shared one is there too, and would be taken
	libs=$($PKG_CONFIG --static --libs mio |
	    sed 's/-L[^ ]*//; s/-lmio//')
	try 'static, c99' $CC $CFLAGS -std=c99 $warnings $cflags \
	    "$dir/hello.c" -o "$dir/hello" "$archive" $libs
	try 'static, c99, runs' "$dir/hello"
	try 'static, c++' $CXX $CFLAGS $warnings $cflags "$dir/hello.cc" \
	    -o "$dir/hello" "$archive" $libs
	try 'static, c++, runs' "$dir/hello"
fi

# cmake_program NAME VERSION TARGET: a program that CMake builds
cmake_program() {
	mkdir -p "$dir/$1"
	cp "$dir/hello.c" "$dir/$1"
	cat >"$dir/$1/CMakeLists.txt" <<-END
	cmake_minimum_required(VERSION 3.5)
	project(hello C)
	find_package(mio $2 REQUIRED CONFIG)
	add_executable(hello hello.c)
	target_link_libraries(hello $3)
	END
	(
		CFLAGS="$CFLAGS $warnings"
		export CC CFLAGS
		cd "$dir/$1"
		cmake -Dmio_DIR="$DESTDIR$LIBDIR/cmake/mio" . && cmake --build .
	)
}

if command -v cmake >/dev/null; then
	try 'CMake' cmake_program cmake "$($PKG_CONFIG --modversion mio)" \
	    mio::mio
	[ "$HAVE_SHARED" != yes ] || try 'CMake, shared, links libmio.so' \
	    sh -c "ldd '$dir/cmake/hello' | grep -F '$DESTDIR$LIBDIR/libmio.so'"
	try 'CMake, runs' "$dir/cmake/hello"
	if [ "$HAVE_STATIC" = yes ]; then
		try 'CMake, static' cmake_program cmake-static 1 \
		    mio::mio_static
		try 'CMake, static, runs' "$dir/cmake-static/hello"
	fi
	for version in 99 1.99 0.9; do
		if cmake_program "cmake-$version" $version mio::mio \
		    >"$dir/log" 2>&1; then
			echo "FAIL: CMake finds version $version"
			failed=$((failed + 1))
		else
			cp "$dir/log" "$dir/refused"
			try "CMake refuses version $version" \
			    grep -q 'is compatible' "$dir/refused"
		fi
	done
else
	echo 'no cmake'
fi

# The examples are copied, as a user does. Other libraries are elsewhere, so the
# paths in mio.pc get DESTDIR here.
prepare_examples() {
	cp -R "$DESTDIR$DOCDIR/examples" "$dir" && chmod -R u+w "$dir/examples"
	mkdir "$dir/bin"
	sed "s,=/,=$DESTDIR/," "$DESTDIR$LIBDIR/pkgconfig/mio.pc" >"$dir/mio.pc"
	PKG_CONFIG_PATH=$dir
	export PKG_CONFIG_PATH
	unset PKG_CONFIG_SYSROOT_DIR
	cat >"$dir/bin/cc" <<-END
	#!/bin/sh
	exec $CC -fsyntax-only "\$@"
	END
	chmod +x "$dir/bin/cc"
}

# command_of FILE: the command in its first comment
command_of() {
	sed -n '/^ \*\/$/q; /^ \*	cc /,$s/^ \*	//p' "$1"
}

# has_command PROGRAM: the Makefile has built it, and its own command works
has_command() (
	cd "$dir/examples/$(dirname "$1")" && [ -x "$(basename "$1")" ] ||
	    return 1
	command_of "$(basename "$1").c" >"$dir/command"
	[ -s "$dir/command" ] || return 1
	PATH=$dir/bin:$PATH sh -e "$dir/command"
)

if [ "$HAVE_SHARED" = yes ]; then
	prepare_examples
	try 'the Makefile of the examples' ${MAKE:-make} -C "$dir/examples" \
	    CC="$CC" CFLAGS="$CFLAGS $warnings" \
	    PKG_CONFIG="$PKG_CONFIG"
	skipped=$(sed -n 's/ is not built: .*//p' "$dir/log")
	[ "$(uname -s)" = Linux ] || skipped="$skipped child_output"
	for program in $(cd "$dir/examples" && grep -l '^main(' *.c */*.c); do
		program=${program%.c}
		case " $(echo $skipped) " in
		*" ${program##*/} "*) continue ;;
		esac
		try "examples/$program" has_command "$program"
	done
	try 'an example runs' $run "$dir/examples/worker" 10000
fi

# each_page: the page of every call
each_page() {
	while read -r call _; do
		man -M "$DESTDIR$MANDIR" 3 "$call" >"$dir/page" || return 1
	done <"$srcdir/src/libmio.sym"
}

if [ "$ENABLE_MAN" != no ] && command -v man >/dev/null; then
	try 'man, of every call' each_page
	try 'man mio' man -M "$DESTDIR$MANDIR" 7 mio
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
