# SPDX-License-Identifier: MIT
# For scripts that build for another machine or system; sourced from the root
# after setup.sh. Check, which the tests need, is built from Debian's sources.

top=$PWD
sources=$top/build/arch/source

# Runs a command and writes its output to a log.
recorded() {
	log=$1
	what=$2
	shift 2
	"$@" >>"$log" 2>&1 || give_up "$what" "$log"
}

# Downloads Debian's source package with separate package lists. Those of the
# machine may not include sources, but they name the repositories.
fetch_check() {
	[ -f "$sources/check/configure" ] && return
	echo 'fetching the sources of Check'
	rm -rf "$sources"
	mkdir -p "$sources/lists/partial" "$sources/cache/archives/partial"
	apt-get indextargets --format 'deb-src $(SITE) $(RELEASE) $(COMPONENT)' \
	    'Created-By: Packages' | sort -u >"$sources/sources.list"
	set -- -q -o "Dir::Etc::SourceList=$sources/sources.list" \
	    -o Dir::Etc::SourceParts=/dev/null \
	    -o "Dir::State::Lists=$sources/lists" \
	    -o "Dir::Cache=$sources/cache" -o APT::Sandbox::User=root
	recorded build/setup.log 'apt-get update' apt-get "$@" update
	(
		cd "$sources"
		recorded "$top/build/setup.log" 'apt-get source' \
		    apt-get "$@" --download-only source check
		mkdir check.new
		tar -xf check_*.orig.tar.* -C check.new --strip-components=1
		mv check.new check
	)
}

# build_check LIBRARIES CONFIGURE-ARGUMENTS...: into $home/check, for the machine
# that $arch, $triple, $cc, $flags and $ldflags describe
build_check() {
	libraries=$1
	shift
	[ -f "$home/check/lib/pkgconfig/check.pc" ] && return
	fetch_check
	echo "building Check for $arch"
	rm -rf "$home/check.build" "$home/check"
	mkdir -p "$home/check.build"
	: >"$home/check.log"
	(
		cd "$home/check.build"
		recorded ../check.log configure "$sources/check/configure" \
		    --host="$triple" --prefix="$top/$home/check" \
		    --disable-shared --disable-subunit \
		    --disable-dependency-tracking \
		    --disable-build-docs CC="$cc" CFLAGS="-g -O1 -fPIC -w $flags" \
		    LDFLAGS="$ldflags" "$@"
		recorded ../check.log make make -j"$(nproc)" -C lib
		recorded ../check.log make make -C src install
		recorded ../check.log make make install-pcdataDATA
		cp check_stdint.h ../check/include/
	)
	# with the .la file libtool would omit this static library
	rm -f "$home"/check/lib/*.la
	sed -i "s/^Libs: .*/& $libraries/" "$home/check/lib/pkgconfig/check.pc"
}
