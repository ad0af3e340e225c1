#!/bin/sh
# SPDX-License-Identifier: MIT
# The list of calls in src/libmio.sym against the version map, Debian's list of
# symbols, NEWS, the headers, the built library and the man pages, each in both
# directions.
set -eu

srcdir=${srcdir:-.}
builddir=${builddir:-.}
NM=${NM:-nm}

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0

# same WHAT FILE: sorted names, one a line
same() {
	if ! diff -u "$dir/list" "$2" >"$dir/diff"; then
		echo "FAIL: $1 and src/libmio.sym differ"
		sed 's/^/	/' "$dir/diff"
		failed=1
	else
		echo "ok: $1"
	fi
}

LC_ALL=C
export LC_ALL
"$srcdir/scripts/symbols" names >"$dir/list"
"$srcdir/scripts/symbols" check || failed=1

# prototypes: what stands before a parenthesis in the headers' own lines, but
# for the types of callbacks
for file in "$srcdir"/include/mio/*.h "$builddir/include/mio/version.h"; do
	sed 's,/\*.*\*/,,; /\/\*/,/\*\//d; /^#/d; /(\*/d; /^typedef/d' \
	    "$file"
done | sed -n 's/^[a-z][^(]*[ *]\(mio_[a-z0-9_]*\)(.*/\1/p' |
    sort -u >"$dir/headers"
same 'the headers' "$dir/headers"

for page in "$srcdir"/man/mio_*.3; do
	basename "$page" .3
done | sort >"$dir/man"
same 'man/' "$dir/man"

# what the pages of the families say they are about
for page in "$srcdir"/man/mio_*.3; do
	sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESCRIPTION/s/^\.F[no] \(mio_[a-z0-9_]*\).*/\1/p' "$page"
done | grep -v '_fn$' | sort >"$dir/synopsis"
same 'the SYNOPSIS sections' "$dir/synopsis"

shared=$builddir/.libs/libmio.so
static=$builddir/.libs/libmio.a
if [ -e "$shared" ]; then
	$NM -D --defined-only "$shared" | sed -n 's/.* T \(.*\)@@MIO_/\1 /p' |
	    sort >"$dir/shared"
	cp "$srcdir/src/libmio.sym" "$dir/list"
	same 'the shared library' "$dir/shared"

	if $NM -D --defined-only "$shared" | grep -vE ' T mio_| A MIO_[0-9.]*(@|$)'; then
		echo "FAIL: the shared library exports more than functions"
		failed=1
	fi

	banned='exit|_exit|abort|printf|fprintf|puts|stderr|perror|strerror'
	banned="$banned|signal|sigaction|getenv|setenv|environ|strtok|sprintf"
	banned="$banned|strcpy|gethostbyname"
	# the run time of gcov does all of that
	if ! $NM "$shared" | grep -q __gcov_init &&
	    $NM -D --undefined-only "$shared" | grep -wE "$banned"; then
		echo "FAIL: the shared library prints, exits or changes the process"
		failed=1
	fi
fi
if [ -e "$static" ]; then
	if $NM -g --defined-only "$static" |
	    awk 'NF == 3 && $3 !~ /^mio_/ { print; bad = 1 } END { exit !bad }' |
	    grep -v -e __asan_ -e __odr_asan -e '__x86\.get_pc_thunk\.' \
	    -e 'DW\.ref\.__gcc_personality_v0'; then
		echo "FAIL: the static library defines foreign names"
		failed=1
	fi
fi

exit $failed
