#!/bin/sh
# SPDX-License-Identifier: MIT
# The tree is in a state that can be released, and scripts/check-release-state
# finds each kind of disagreement in a copy of it.
set -eu

srcdir=${srcdir:-.}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0

"$srcdir/scripts/check-release-state" "$srcdir" || failed=1

# copy: the tree without changes and with two pages, in $dir/tree
copy() {
	rm -rf "$dir/tree"
	mkdir -p "$dir/tree/src" "$dir/tree/scripts" "$dir/tree/debian"
	(
		cd "$srcdir"
		cp -L configure.ac NEWS "$dir/tree"
		cp -L src/libmio.sym src/libmio.map "$dir/tree/src"
		cp -L debian/changelog debian/control debian/*.symbols \
		    "$dir/tree/debian"
		cp -L libmio.spec "$dir/tree"
		cp -L scripts/symbols scripts/check-release-state \
		    "$dir/tree/scripts"
		cp -RL abi "$dir/tree"
		mkdir "$dir/tree/man"
		cp -L man/mio_poll_create.3 man/mio.7 "$dir/tree/man"
	)
	chmod -R u+w "$dir/tree"
	echo '2026-01-01  An author' >"$dir/tree/ChangeLog"
	cd "$dir/tree"
}

# edit FILE SED-COMMAND
edit() {
	sed "$2" "$1" >"$dir/edited"
	! cmp -s "$1" "$dir/edited" || { echo "FAIL: $2: no change"; exit 1; }
	cat "$dir/edited" >"$1"
}

# refused WHAT [FLAG]: for this reason
refused() {
	if scripts/check-release-state ${2-} >"$dir/log" 2>&1 ||
	    ! grep -q "^FAIL: .*$1" "$dir/log"; then
		cat "$dir/log"
		echo "FAIL: passes in spite of: $1"
		failed=1
	else
		echo "ok: refused: $1"
	fi
}

passes() {
	if scripts/check-release-state >"$dir/log" 2>&1; then
		echo "ok: passes: $1"
	else
		cat "$dir/log"
		echo "FAIL: refused: $1"
		failed=1
	fi
}

cd "$srcdir" && srcdir=$PWD
copy && passes 'the copy' && refused 'not released yet' --release
copy && edit configure.ac 's/\(mio_patch\], \)\[.*\]/\1[77]/' && refused NEWS
copy && edit NEWS '1s/libmio [0-9.]*/libmio 7.7.7/' && refused NEWS
copy && edit NEWS 's/mio_watch_end/end/' && refused 'NEWS of'
copy && edit debian/changelog '1s/(.*)/(7.7.7-1)/' && refused debian/changelog
copy && edit debian/changelog '1s/UNRELEASED/unstable/' &&
    refused 'the distribution'
copy && edit debian/libmio1.symbols 's/mio_watch_end.*/&1/' &&
    refused debian/libmio1.symbols
copy && edit src/libmio.map '/mio_watch_end/d' && refused src/libmio.map
copy && edit src/libmio.sym 's/\(mio_watch_end\) .*/\1 7.7/' &&
    refused 'newest call'
copy && edit man/mio_poll_create.3 's/^\.Dd .*/.Dd today/' && refused 'no date'
copy && edit man/mio_poll_create.3 's/libmio 1\.0\.0/libmio 7.7.7/' &&
    refused HISTORY
copy && edit man/mio.7 's/libmio 1\.0\.0/libmio 7.7.7/' && refused mio.7
copy && edit libmio.spec 's/^Version:.*/Version: 7.7.7/' && refused libmio.spec
copy && edit libmio.spec 's/ - [0-9.]*-1$/ - 7.7.7-1/' &&
    refused 'the change log of libmio.spec'
copy && edit libmio.spec 's/^%package -n libmio1/&7/' && refused 'no package'
copy && edit debian/control 's/^Package: libmio1/&7/' && refused 'no package'
copy && rm abi/armhf.abi && refused abi/armhf.abi
copy && edit abi/i386.abi "/<elf-symbol name='mio_watch_end'/d" &&
    refused abi/i386.abi

# The day of the release is in three files.
copy && edit NEWS '1s/(.*)/(2026-12-01)/' && refused UNRELEASED
released() {
	copy
	edit NEWS '1s/(.*)/(2026-12-01)/'
	edit debian/changelog "1s/UNRELEASED/unstable/
s/>  .*/>  Tue, $1 12:00:00 +0000/"
	edit libmio.spec "s/^\* .* 2026 /* $2 /"
}
released '01 Dec 2026' 'Tue Dec 1 2026' && passes 'the day of a release'
released '30 Nov 2026' 'Tue Dec 1 2026' && refused 'the date of debian/changelog'
released '01 Dec 2026' 'Mon Nov 30 2026' && refused 'the date of libmio.spec'
copy && : >ChangeLog && : >MANIFEST && refused ChangeLog
copy && edit configure.ac 's/\(MIO_VERSION_INFO\], \)\[.*\]/\1[7:1:0]/' &&
    refused 'libmio.so.7'

if ! command -v abidiff >/dev/null; then
	echo 'no abidiff'
	exit $failed
fi

# A release after one with the same interface, one with a call less, and one with
# another type. The version-info of that one was 1:2:0.
later() {
	copy
	edit configure.ac "s/\(MIO_VERSION_INFO\], \)\[.*\]/\1[$1]/"
	{ cat NEWS; echo 'libmio 0.9.0 (2020-01-01)'; } >"$dir/edited"
	cp "$dir/edited" NEWS
	mkdir abi/0.9.0
	cp abi/amd64.abi abi/0.9.0
	echo 1:2:0 >abi/0.9.0/version-info
}

# try_infos CHANGE INFO: after the change, only this version-info passes
try_infos() {
	for info in 1:2:0 1:3:0 2:0:1; do
		later $info
		"$1"
		if [ "$info" = "$2" ]; then
			passes "$info, $1"
		else
			refused "version-info.*'$info' instead of '$2'"
		fi
	done
}

without_change() {
	:
}

with_a_call() {
	edit abi/0.9.0/amd64.abi "/<elf-symbol name='mio_watch_end'/d
/<function-decl name='mio_watch_end'/,/<.function-decl>/d"
}

with_a_type() {
	edit abi/0.9.0/amd64.abi \
	    "s/\(name='mio_event' size-in-bits=\)'128'/\1'64'/"
}

try_infos without_change 1:3:0
try_infos with_a_call 2:0:1
try_infos with_a_type 2:0:0

exit $failed
