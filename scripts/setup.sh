# SPDX-License-Identifier: MIT
# Functions for scripts that build from a checkout or a release. Source this file
# from its root.

began=$(date +%s)

# On a terminal the last line shows the current progress and is overwritten.
terminal=
[ ! -t 1 ] || terminal=yes

# say WORDS: prints a permanent line with the elapsed time
say() {
	now=$(($(date +%s) - began))
	[ -z "$terminal" ] || printf '\r\033[K'
	printf '%2d:%02d  %s\n' $((now / 60)) $((now % 60)) "$*"
}

# say_for_now WORDS: prints the progress line, of at most 79 columns
say_for_now() {
	[ -n "$terminal" ] || return 0
	now=$(($(date +%s) - began))
	printf '\r\033[K%2d:%02d  %.71s' $((now / 60)) $((now % 60)) "$*"
}

# give_up WHAT LOG: prints the end of the log, which shows the error
give_up() {
	[ -z "$terminal" ] || printf '\r\033[K'
	echo "failed: $1; the end of $2:" >&2
	tail -n 40 "$2" >&2
	exit 1
}

# logged LOG COMMAND...: writes the output to the log; a terminal shows its last
# line
logged() {
	log=$1
	shift
	if [ -z "$terminal" ]; then
		"$@" >"$log" 2>&1
		return
	fi
	{
		status=0
		"$@" || status=$?
		echo $status >"$log.status"
	} 2>&1 | tee "$log" | while IFS= read -r line; do
		say_for_now "$line"
	done
	printf '\r\033[K'
	status=$(cat "$log.status")
	rm -f "$log.status"
	return "$status"
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		doas "$@"
	fi
}

# The number of processors, for systems without nproc(1).
command -v nproc >/dev/null || nproc() {
	getconf NPROCESSORS_ONLN 2>/dev/null ||
	    getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1
}

# make_in DIR ARGUMENTS...: runs the system's make, GNU's or BSD's
make_in() (
	cd "$1"
	shift
	exec "${MAKE:-make}" "$@"
)

# ---- the dependencies

# ask_for_root REASON COMMAND...: prints the commands to run as root.
ask_for_root() {
	{
		echo "$1"
		echo "As root, run these, and then this script again:"
		echo
		shift
		printf '	%s\n' "$@"
		echo
		sed -n 's/.*[Uu]nmet build dependencies: /They install: /p' \
		    build/setup.log | tail -n 1
	} >&2
	exit 1
}

# need_root COMMAND...: ends the script unless these can be run as root
need_root() {
	[ "$(id -u)" -ne 0 ] || return 0
	if command -v sudo >/dev/null; then
		sudo true || ask_for_root \
		    'Packages are missing, and sudo does not let you install them.' \
		    "$@"
	elif ! command -v doas >/dev/null || ! doas true; then
		ask_for_root \
		    'Packages are missing, and there is no sudo to install them.' \
		    "$@"
	fi
}

# Succeeds if apt-get would install build dependencies of this package.
lacks_dependencies() {
	if command -v dpkg-checkbuilddeps >/dev/null; then
		! dpkg-checkbuilddeps ${profile:+"$profile"} >>build/setup.log 2>&1
	else
		! apt-get -s ${profile:+"$profile"} build-dep ./ >build/simulated.log 2>&1 ||
		    grep -q '^Inst ' build/simulated.log
	fi
}

install_debian() {
	lacks_dependencies || return 0
	need_root "cd $PWD" 'apt-get update' \
	    'apt-get --no-install-recommends build-dep ./'
	say "installing the build dependencies of debian/control"
	logged build/update.log as_root apt-get -q update ||
	    give_up 'apt-get update' build/update.log
	logged build/install.log as_root env DEBIAN_FRONTEND=noninteractive \
	    apt-get -q -y --no-install-recommends \
	    -o DPkg::Lock::Timeout=300 ${profile:+"$profile"} build-dep ./ ||
	    give_up 'apt-get build-dep' build/install.log
}

# names_for MANAGER: prints the names that the build dependencies have there.
# debian stands for debian/control, and rpm for the spec, where a comma separates
# the names of Fedora and openSUSE. pkg is the manager of FreeBSD and DragonFly,
# pkgin of NetBSD, pkg_add of OpenBSD, and brew of macOS. A - stands for what is
# part of the system or of another package, and for a program that the tests can
# do without.
names_for() {
	while read -r debian rpm pkg pkgin pkg_add brew; do
		case $1 in
		debian) echo "$debian" ;;
		rpm) echo "$rpm" ;;
		pkg) echo "$pkg" ;;
		pkgin) echo "$pkgin" ;;
		pkg_add) echo "$pkg_add" ;;
		brew) echo "$brew" ;;
		esac
	done <<-END
	autoconf autoconf autoconf autoconf autoconf%2.71 autoconf
	autoconf-archive autoconf-archive autoconf-archive autoconf-archive autoconf-archive autoconf-archive
	automake automake automake automake automake%1.16 automake
	libtool libtool libtool libtool libtool libtool
	pkgconf pkgconfig pkgconf pkgconf - pkg-config
	- gcc - - - -
	- gcc-c++ - - - -
	- make - - - -
	debhelper-compat - - - - -
	check pkgconfig(check) check check check check
	curl curl curl curl curl -
	libcurl4-openssl-dev pkgconfig(libcurl) - - - -
	socat socat socat socat socat socat
	dnsmasq-base dnsmasq dnsmasq dnsmasq dnsmasq dnsmasq
	wrk - wrk wrk wrk wrk
	libc-ares-dev pkgconfig(libcares) c-ares libcares libcares c-ares
	libglib2.0-dev pkgconfig(glib-2.0) glib glib2 glib2 glib
	libhiredis-dev pkgconfig(hiredis) hiredis hiredis libhiredis hiredis
	redis-server redis - - - -
	libpq-dev pkgconfig(libpq) - - postgresql-client -
	postgresql postgresql-server - - - -
	libsystemd-dev pkgconfig(libsystemd) - - - -
	apache2-utils httpd-tools,apache2-utils - - - -
	netcat-openbsd netcat,netcat-openbsd - - - -
	gnuplot-nox gnuplot - - - -
	python3 python3 - - - -
	spin - - - - -
	discount discount - - - -
	mandoc mandoc - - - mandoc
	man-db man-db - - - -
	- - - - - coreutils
	END
}

packages_of() {
	names_for "$1" | grep -v '^-$'
}

# is_installed MANAGER PACKAGE
is_installed() {
	case $1 in
	pkg) pkg info -e "$2" ;;
	pkgin) pkg_info -e "$2" ;;
	pkg_add)
		case $2 in
		*%*) pkg_info -e "${2%\%*}-${2#*%}*" ;;
		*) pkg_info -e "$2-*" ;;
		esac ;;
	brew) brew list --versions "$2" ;;
	esac >/dev/null 2>&1
}

# install_listed MANAGER INSTALL-COMMAND...
install_listed() {
	manager=$1
	shift
	missing=
	for package in $(packages_of "$manager"); do
		is_installed "$manager" "$package" || missing="$missing $package"
	done
	[ -n "$missing" ] || return 0
	# words, not one
	# shellcheck disable=SC2086
	set -- "$@" $missing
	say "installing$missing"
	if [ "$manager" = brew ]; then
		logged build/install.log "$@" # it refuses to run as root
	else
		need_root "$*"
		logged build/install.log as_root "$@"
	fi || give_up "$*" build/install.log
}

# OpenBSD installs several versions of Autoconf and Automake, and a variable
# selects one. The libtool of macOS is a different program.
name_tools() {
	AUTOCONF_VERSION=${AUTOCONF_VERSION-2.71}
	AUTOMAKE_VERSION=${AUTOMAKE_VERSION-1.16}
	export AUTOCONF_VERSION AUTOMAKE_VERSION
	if command -v glibtoolize >/dev/null; then
		LIBTOOLIZE=${LIBTOOLIZE-glibtoolize}
		export LIBTOOLIZE
	fi
}

# name_paths PREFIX: lets the compiler search where packages are installed
name_paths() {
	[ -d "$1/include" ] || return 0
	CPPFLAGS="${CPPFLAGS-} -I$1/include"
	LDFLAGS="${LDFLAGS-} -L$1/lib"
	export CPPFLAGS LDFLAGS
}

# setup_dependencies [-Pnocheck]: installs missing build dependencies, with this
# option without those that only the tests have
setup_dependencies() {
	profile=${1-}
	mkdir -p build
	: >build/setup.log
	case $(uname -s) in
	FreeBSD | DragonFly)
		install_listed pkg pkg install -y
		name_paths /usr/local ;;
	NetBSD)
		install_listed pkgin pkgin -y install
		name_paths /usr/pkg ;;
	OpenBSD)
		install_listed pkg_add pkg_add -I
		name_tools
		name_paths /usr/local ;;
	Darwin)
		install_listed brew brew install
		name_tools ;;
	*)
		if command -v apt-get >/dev/null; then
			install_debian
		elif command -v dnf >/dev/null &&
		    ls ./*.spec >/dev/null 2>&1; then
			say "installing the build dependencies of the spec"
			as_root dnf -y builddep ./*.spec >>build/setup.log 2>&1 ||
			    give_up 'dnf builddep' build/setup.log
		fi ;;
	esac
}

# ---- the source, and builds of it

# Prints the names of the source files, without files that are made from them.
# The owner of the checkout does not matter for safety: the build runs its files
# anyway.
source_files() {
	if [ -e .git ] && command -v git >/dev/null; then
		git -c safe.directory='*' ls-files -co --exclude-standard
	elif [ -f MANIFEST ]; then
		cat MANIFEST
	elif [ ! -f config.status ]; then
		find . -name .git -prune -o -path ./build -prune -o \
		    -type f -print | sed 's,^\./,,'
	else
		echo "Cannot tell the source files in $PWD from built ones," >&2
		echo "without git or a MANIFEST: run make distclean." >&2
		return 1
	fi
}

# A source directory that is configured cannot be built in another directory.
# build/source is never configured: it holds links to all files of this one.
link_source() {
	mkdir -p build/source
	source_files >build/source.files || exit 1
	find build/source -type l ! -exec test -e {} \; -exec rm -f {} +
	last=
	while IFS= read -r file; do
		to=build/source/$file
		if [ -e "$to" ] || [ ! -e "$file" ]; then
			continue
		fi
		if [ "${to%/*}" != "$last" ]; then
			last=${to%/*}
			mkdir -p "$last"
			up=$(echo "$last" | sed 's,[^/][^/]*,..,g')
		fi
		ln -s "$up/$file" "$to"
	done <build/source.files

	# make dist writes the change log from the history
	if [ -e .git ] && [ ! -e build/source/.git ]; then
		ln -s ../../.git build/source/.git
	fi
}

# Succeeds if configure and Makefile.in are newer than their sources.
bootstrapped() (
	cd build/source
	[ -f configure ] && [ -f Makefile.in ] &&
	    [ -z "$(find -L configure.ac m4/mio_*.m4 -newer configure)" ] &&
	    [ -z "$(find -L Makefile.am ./*/local.mk -newer Makefile.in)" ]
)

# Creates build/source with a configure script in it.
prepare_source() {
	link_source
	if ! bootstrapped; then
		say "bootstrap"
		logged build/bootstrap.log build/source/bootstrap ||
		    give_up ./bootstrap build/bootstrap.log
	fi
}

# configure_in DIR CONFIGURE-ARGUMENTS...: unless that was done already
configure_in() {
	dir=$1
	shift
	mkdir -p "$dir"
	prepare_source
	if [ ! -f "$dir/config.status" ] ||
	    [ build/source/configure -nt "$dir/config.status" ] ||
	    [ "$*" != "$(cat "$dir/arguments" 2>/dev/null)" ]; then
		say "configure in $dir${*:+: $*}"
		up=$(echo "$dir" | sed 's,[^/][^/]*,..,g')
		logged "$dir/configure.log" sh -c 'cd "$0" && exec "$@"' \
		    "$dir" "$up/build/source/configure" "$@" ||
		    give_up configure "$dir/configure.log"
		echo "$*" >"$dir/arguments"
	fi
}

# build_in DIR CONFIGURE-ARGUMENTS...
build_in() {
	configure_in "$@"
	say "make in $dir"
	logged "$dir/make.log" make_in "$dir" -j"$(nproc)" ||
	    give_up make "$dir/make.log"
}

# ---- tests of a build

# Tests wait for most of their time, so one more than there are processors.
tests_at_once() {
	echo $(($(nproc) + 1))
}

# make_check DIR [ARGUMENTS OF MAKE...]: all programs first, then what is asked for
make_check() {
	make_in "$1" -j"$(nproc)" check-programs || return
	[ $# -gt 1 ] || set -- "$1" check-code
	make_in "$@" -j"$(tests_at_once)"
}

# report_tests DIR LOG COMMAND...: runs the command, which makes tests in DIR.
# Prints how many passed, or what the failed ones wrote.
report_tests() {
	tests=$1/tests
	log=$2
	shift 2
	if "$@" >"$log" 2>&1; then
		grep -E '^# (PASS|SKIP|FAIL|ERROR)' "$log" | tr '\n' ' '
		echo
		return
	fi
	tail -n 60 "$log"
	for trs in $(grep -lE '^:test-result: (FAIL|ERROR)' "$tests"/*.trs \
	    2>/dev/null); do
		echo "==== ${trs%.trs}.log"
		grep -v ':P:' "${trs%.trs}.log" | tail -n 100
	done
	exit 1
}
