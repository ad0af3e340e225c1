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
	else
		sudo "$@"
	fi
}

# Succeeds if apt-get would install build dependencies of this package.
lacks_dependencies() {
	if command -v dpkg-checkbuilddeps >/dev/null; then
		! dpkg-checkbuilddeps >>build/setup.log 2>&1
	else
		! apt-get -s build-dep ./ >build/simulated.log 2>&1 ||
		    grep -q '^Inst ' build/simulated.log
	fi
}

# Prints the commands to run as root.
ask_for_root() {
	{
		echo "$1"
		echo "As root, run these, and then this script again:"
		echo
		echo "	cd $PWD"
		echo "	apt-get update"
		echo "	apt-get --no-install-recommends build-dep ./"
		echo
		sed -n 's/.*[Uu]nmet build dependencies: /They install: /p' \
		    build/setup.log | tail -n 1
	} >&2
	exit 1
}

install_debian() {
	lacks_dependencies || return 0
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null || ask_for_root \
		    'Packages are missing, and there is no sudo to install them.'
		sudo true || ask_for_root \
		    'Packages are missing, and sudo does not let you install them.'
	fi
	say "installing the build dependencies of debian/control"
	logged build/update.log as_root apt-get -q update ||
	    give_up 'apt-get update' build/update.log
	logged build/install.log as_root env DEBIAN_FRONTEND=noninteractive \
	    apt-get -q -y --no-install-recommends \
	    -o DPkg::Lock::Timeout=300 build-dep ./ ||
	    give_up 'apt-get build-dep' build/install.log
}

# Installs missing build dependencies, which the packaging files list.
setup_dependencies() {
	mkdir -p build
	: >build/setup.log
	if command -v apt-get >/dev/null; then
		install_debian
	elif command -v dnf >/dev/null && ls ./*.spec >/dev/null 2>&1; then
		say "installing the build dependencies of the spec"
		as_root dnf -y builddep ./*.spec >>build/setup.log 2>&1 ||
		    give_up 'dnf builddep' build/setup.log
	fi
}

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
}

# Succeeds if configure and Makefile.in are newer than their sources.
bootstrapped() (
	cd build/source
	[ -f configure ] && [ -f Makefile.in ] &&
	    [ -z "$(find -L configure.ac m4/mio_*.m4 -newer configure)" ] &&
	    [ -z "$(find -L Makefile.am ./*/local.mk -newer Makefile.in)" ]
)

# build_in DIR CONFIGURE-ARGUMENTS...
build_in() {
	dir=$1
	shift
	mkdir -p "$dir"
	link_source
	if ! bootstrapped; then
		say "bootstrap"
		logged build/bootstrap.log build/source/bootstrap ||
		    give_up ./bootstrap build/bootstrap.log
	fi
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
	say "make in $dir"
	logged "$dir/make.log" make -C "$dir" -j"$(nproc)" ||
	    give_up make "$dir/make.log"
}
