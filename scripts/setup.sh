# SPDX-License-Identifier: MIT
# For scripts that build from a checkout or a release; sourced from its root.

began=$(date +%s)

# On a terminal the last line says what is going on, and is written over.
terminal=
[ ! -t 1 ] || terminal=yes

# say WORDS: a line that stays, with the time since the beginning
say() {
	now=$(($(date +%s) - began))
	[ -z "$terminal" ] || printf '\r\033[K'
	printf '%2d:%02d  %s\n' $((now / 60)) $((now % 60)) "$*"
}

# say_for_now WORDS: the line that does not, of 79 columns at most
say_for_now() {
	[ -n "$terminal" ] || return 0
	now=$(($(date +%s) - began))
	printf '\r\033[K%2d:%02d  %.71s' $((now / 60)) $((now % 60)) "$*"
}

# What went wrong stands at the end of the log.
give_up() {
	[ -z "$terminal" ] || printf '\r\033[K'
	echo "failed: $1; the end of $2:" >&2
	tail -n 40 "$2" >&2
	exit 1
}

# logged LOG COMMAND...: into the log, and its last line for now on a terminal
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

# Whether apt-get would install something for this package to be built.
lacks_dependencies() {
	if command -v dpkg-checkbuilddeps >/dev/null; then
		! dpkg-checkbuilddeps >>build/setup.log 2>&1
	else
		! apt-get -s build-dep ./ >build/simulated.log 2>&1 ||
		    grep -q '^Inst ' build/simulated.log
	fi
}

# Without root there is nothing to be done, but to say what is.
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

# The missing build dependencies, as the package's own files list them.
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

# The names of the files that are the source, and not made from it. Whose
# checkout it is does not matter: nothing is run that is not run anyway.
source_files() {
	if [ -e .git ] && command -v git >/dev/null; then
		git -c safe.directory='*' ls-files -co --exclude-standard
	elif [ -f MANIFEST ]; then
		cat MANIFEST
	elif [ ! -f config.status ]; then
		find . -name .git -prune -o -path ./build -prune -o \
		    -type f -print | sed 's,^\./,,'
	else
		echo "Something was built in $PWD, and there is neither git" >&2
		echo "nor a MANIFEST to tell what: run make distclean." >&2
		return 1
	fi
}

# A source directory that is configured can be built in no other one. So
# build/source is one that never is: links to all the files of this one.
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

# Whether configure and Makefile.in are newer than what they are made of.
bootstrapped() (
	cd build/source
	[ -f configure ] && [ -f Makefile.in ] &&
	    [ -z "$(find -L configure.ac m4/mio_*.m4 -newer configure)" ] &&
	    [ -z "$(find -L Makefile.am -newer Makefile.in)" ]
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
