#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Compiles and runs the programs in the EXAMPLES sections of the man pages, and
# checks that no page lacks the sections it should have. With
# MIO_INSTALLED=1 the library is the one that pkg-config finds.

set -u

srcdir=${srcdir:-.}
builddir=${builddir:-.}
CC=${CC:-cc}
CFLAGS=${CFLAGS:-}
warnings='-Wall -Wextra -Werror -Wpedantic'
include="-I$srcdir/include -I$builddir/include"

failed=0
passed=0

dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
trap 'exit 99' HUP INT TERM

complain()
{
	echo "FAIL $1: $2"
	failed=$((failed + 1))
}

# The programs of page $1 become $2.1.c, $2.2.c and so on.
extract()
{
	awk -v base="$2" '
	/^\.Sh / { examples = $2 == "EXAMPLES"; next }
	!examples { next }
	/^\.Bd -literal/ { inside = 1; first = 1; next }
	/^\.Ed/ { inside = 0; if (out != "") close(out); out = ""; next }
	!inside { next }
	{
		if (first && /^#(include|define) /)
			out = base "." ++count ".c"
		first = 0
		if (out == "")
			next
		sub(/^\\&/, "")
		gsub(/\\-/, "-")
		gsub(/\\\(aq/, "\047")
		gsub(/\\\(dq/, "\"")
		gsub(/\\e/, "\\")
		print > out
	}' "$1"
}

# Compiles $1.c to $1 in the words of CC and CFLAGS, which may be several.
build()
{
	# shellcheck disable=SC2046,SC2086
	if [ "${MIO_INSTALLED:-0}" = 1 ]; then
		$CC -std=c11 $warnings $CFLAGS -pthread \
		    $(pkg-config --cflags mio) -o "$1" "$1.c" \
		    $(pkg-config --libs mio)
	else
		$CC -std=c11 $warnings $CFLAGS -pthread $include \
		    -c -o "$1.o" "$1.c" &&
		"$builddir/libtool" --silent --tag=CC --mode=link \
		    $CC $CFLAGS -pthread -static -o "$1" "$1.o" \
		    "$builddir/libmio.la"
	fi
}

# Whether $1.c is about what only Linux has, and this is another system.
is_foreign()
{
	[ "$(uname -s)" != Linux ] &&
	    grep -q '^#include <sys/\(signalfd\|syscall\)\.h>' "$1.c"
}

check_example()
{
	name=$(basename "$1")

	if is_foreign "$1"; then
		echo "skip $name: Linux"
		return
	fi

	if ! build "$1" > "$1.log" 2>&1; then
		complain "$name" 'does not compile'
	elif timeout 60 "$1" > "$1.log" 2>&1; then
		passed=$((passed + 1))
		echo "ok   $name: $(head -n 1 "$1.log")"
		return
	else
		complain "$name" "exit status $?"
	fi

	cat "$1.log"
}

check_sections()
{
	page=$1
	shift

	for section; do
		grep -q "^\.Sh $section\$" "$page" ||
		    complain "${page##*/}" "no $section section"
	done
}

for page in "$srcdir"/man/*.[37]; do
	if [ ! -r "$page" ]; then
		complain "$page" 'no such page'
		continue
	fi

	if head -n 1 "$page" | grep -q '^\.so '; then
		target=$(sed -n '1s/^\.so man3\///p' "$page")
		if [ -z "$target" ] || [ ! -r "$srcdir/man/$target" ]; then
			complain "${page##*/}" 'refers to no page'
		fi
		continue
	fi

	case $page in
	*.3)	check_sections "$page" 'RETURN VALUES' ERRORS ;;
	*/mio_tutorial.7)	continue ;; # tests/tutorial.sh runs these
	*/mio-probes.7)	continue ;; # these are commands for tracers
	esac

	base=$dir/${page##*/}
	extract "$page" "$base"

	if [ ! -r "$base.1.c" ]; then
		complain "${page##*/}" 'no program in EXAMPLES'
		continue
	fi

	for source in "$base".*.c; do
		check_example "${source%.c}"
	done
done

echo "$passed examples work, $failed failures"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
