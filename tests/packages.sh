#!/bin/sh
# SPDX-License-Identifier: MIT
# The packages that scripts/demo and scripts/test install on other systems. Stubs
# of the package managers record how they are called.
set -eu

srcdir=$(cd "${srcdir:-.}" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

fail() {
	echo "FAIL: $*"
	cat "$dir/asked" "$dir/said"
	exit 1
}

# stub NAME: creates a program from the lines of its standard input
stub() {
	{ echo '#!/bin/sh'; cat; } >"$dir/bin/$1"
	chmod +x "$dir/bin/$1"
}

# Queries for an installed package fail unless $dir/installed lists it.
query='shift; for name; do :; done
name=${name%-\*}
exec grep -qxF -- "${name#-}" "$DIR/installed"'
record='echo "${0##*/} $*" >>"$DIR/asked"'

# setup SYSTEM USER-ID: runs setup_dependencies there
setup() {
	rm -rf "$dir/bin"
	mkdir -p "$dir/bin"
	echo "echo $1" | stub uname
	echo "echo $2" | stub id
	stub pkg <<-END
	case \$1 in
	info) $query ;;
	esac
	$record
	END
	echo "$query" | stub pkg_info
	for name in pkgin pkg_add; do
		echo "$record" | stub $name
	done
	stub brew <<-END
	case \$1 in
	list) $query ;;
	esac
	$record
	END
	echo '"$@"' | stub sudo
	: >"$dir/asked"
	(
		cd "$dir"
		DIR=$dir
		PATH=$dir/bin:$PATH
		export DIR PATH
		. "$srcdir/scripts/setup.sh"
		setup_dependencies
		printf '%s\n' "${CPPFLAGS-}" "${AUTOCONF_VERSION-}"
	) >"$dir/said" 2>&1 || fail "setup_dependencies on $1"
}

# expect COMMAND WHAT: that this was the only command
expect() {
	[ "$(cat "$dir/asked")" = "$1" ] || fail "$2: expected: $1"
	echo "ok: $2"
}

common='autoconf autoconf-archive automake libtool'
: >"$dir/installed"

setup FreeBSD 0
expect "pkg install -y $common pkgconf check curl socat dnsmasq wrk c-ares glib" \
    'FreeBSD'
setup DragonFly 1000
expect "pkg install -y $common pkgconf check curl socat dnsmasq wrk c-ares glib" \
    'DragonFly, by sudo'
setup NetBSD 0
expect "pkgin -y install $common pkgconf check curl socat dnsmasq wrk libcares glib2" \
    'NetBSD'
setup OpenBSD 0
expect "pkg_add -I autoconf%2.71 autoconf-archive automake%1.16 libtool check curl socat dnsmasq wrk libcares glib2" \
    'OpenBSD'
grep -q '^2\.71$' "$dir/said" || fail 'OpenBSD: AUTOCONF_VERSION'
setup Darwin 501
expect "brew install $common pkg-config check socat dnsmasq wrk c-ares glib mandoc coreutils" \
    'macOS'

# installed packages are not installed again
printf '%s\n' $common pkgconf check curl socat dnsmasq c-ares libcares \
    autoconf-2.71\* automake-1.16\* glib2 >"$dir/installed"
setup FreeBSD 0
expect 'pkg install -y wrk glib' 'FreeBSD, with most of it'
setup OpenBSD 0
expect 'pkg_add -I wrk' 'OpenBSD, with most of it'
echo wrk >>"$dir/installed"
setup NetBSD 0
expect '' 'NetBSD, with all of it'
