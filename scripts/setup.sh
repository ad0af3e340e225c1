# SPDX-License-Identifier: MIT
# For scripts that build from a checkout; sourced from its root.

# What went wrong stands at the end of the log.
give_up() {
	echo "failed: $1; the end of $2:" >&2
	tail -n 40 "$2" >&2
	exit 1
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

install_debian() {
	if command -v dpkg-checkbuilddeps >/dev/null &&
	    dpkg-checkbuilddeps >>build/setup.log 2>&1; then
		return
	fi
	echo "installing the build dependencies of debian/control"
	as_root apt-get -q update >>build/setup.log 2>&1 ||
	    give_up 'apt-get update' build/setup.log
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
	    --no-install-recommends -o DPkg::Lock::Timeout=300 \
	    build-dep ./ >>build/setup.log 2>&1 ||
	    give_up 'apt-get build-dep' build/setup.log
}

# The missing build dependencies, as the package's own files list them.
setup_dependencies() {
	mkdir -p build
	: >build/setup.log
	if command -v apt-get >/dev/null; then
		install_debian
	elif command -v dnf >/dev/null && ls ./*.spec >/dev/null 2>&1; then
		echo "installing the build dependencies of the spec"
		as_root dnf -y builddep ./*.spec >>build/setup.log 2>&1 ||
		    give_up 'dnf builddep' build/setup.log
	fi
}

# Whether configure is there, and newer than all that it is made of.
bootstrapped() {
	[ -f configure ] && [ -f Makefile.in ] &&
	    [ -z "$(find configure.ac Makefile.am m4/mio_*.m4 \
	    -newer configure)" ]
}

# build_in DIR CONFIGURE-ARGUMENTS...
build_in() {
	dir=$1
	shift
	mkdir -p "$dir"
	if ! bootstrapped; then
		echo "bootstrap"
		./bootstrap >build/bootstrap.log 2>&1 ||
		    give_up ./bootstrap build/bootstrap.log
	fi
	if [ ! -f "$dir/config.status" ] ||
	    [ configure -nt "$dir/config.status" ] ||
	    [ "$*" != "$(cat "$dir/arguments" 2>/dev/null)" ]; then
		echo "configure $* in $dir"
		up=$(echo "$dir" | sed 's,[^/][^/]*,..,g')
		(cd "$dir" && "$up/configure" "$@" >configure.log 2>&1) ||
		    give_up configure "$dir/configure.log"
		echo "$*" >"$dir/arguments"
	fi
	echo "make in $dir"
	make -C "$dir" -j"$(nproc)" >"$dir/make.log" 2>&1 ||
	    give_up make "$dir/make.log"
}
