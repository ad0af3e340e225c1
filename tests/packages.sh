#!/bin/sh
# SPDX-License-Identifier: MIT
# The packages that scripts/demo and scripts/test install on other systems. Stubs
# of the package managers record how they are called. The table of these packages,
# debian/control and libmio.spec have the same build dependencies.
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
peers='check curl socat dnsmasq wrk'
: >"$dir/installed"

setup FreeBSD 0
expect "pkg install -y $common pkgconf $peers c-ares glib hiredis" \
    'FreeBSD'
setup DragonFly 1000
expect "pkg install -y $common pkgconf $peers c-ares glib hiredis" \
    'DragonFly, by sudo'
setup NetBSD 0
expect "pkgin -y install $common pkgconf $peers libcares glib2 hiredis" \
    'NetBSD'
setup OpenBSD 0
expect "pkg_add -I autoconf%2.71 autoconf-archive automake%1.16 libtool $peers libcares glib2 libhiredis postgresql-client" \
    'OpenBSD'
grep -q '^2\.71$' "$dir/said" || fail 'OpenBSD: AUTOCONF_VERSION'
setup Darwin 501
expect "brew install $common pkg-config check socat dnsmasq wrk c-ares glib hiredis mandoc coreutils" \
    'macOS'

# installed packages are not installed again
printf '%s\n' $common pkgconf check curl socat dnsmasq c-ares libcares \
    autoconf-2.71\* automake-1.16\* glib2 hiredis libhiredis \
    postgresql-client >"$dir/installed"
setup FreeBSD 0
expect 'pkg install -y wrk glib' 'FreeBSD, with most of it'
setup OpenBSD 0
expect 'pkg_add -I wrk' 'OpenBSD, with most of it'
echo wrk >>"$dir/installed"
setup NetBSD 0
expect '' 'NetBSD, with all of it'

# needs: "NAME VERSION" for each build dependency in debian/control
needs() {
	awk '
	/^Build-Depends/ { inside = 1; next }
	/^[^ ]/ { inside = 0 }
	inside {
		version = ""
		if (match($0, />= [^)]*/)) {
			version = substr($0, RSTART + 3, RLENGTH - 3)
			sub(/^[0-9]*:/, "", version)
		}
		sub(/[:,].*/, "", $1)
		print $1, version
	}' "$srcdir/debian/control" | sort -u
}

# table MANAGER: its names, one for each line of the table
table() (
	. "$srcdir/scripts/setup.sh"
	names_for "$1"
)

# same WHAT LIST LIST
same() {
	diff -u "$dir/$2" "$dir/$3" || { echo "FAIL: $1"; exit 1; }
	echo "ok: $1"
}

needs >"$dir/needs"
cut -d ' ' -f 1 "$dir/needs" >"$dir/control"
table debian >"$dir/column"
grep -v '^-$' "$dir/column" | sort >"$dir/known"
same 'the table has the packages of debian/control' control known

# those of the spec, with the versions of debian/control
table rpm | paste -d ' ' "$dir/column" - | awk '
NR == FNR { version[$1] = $2; next }
$2 != "-" {
	count = split($2, names, ",")
	for (i = 1; i <= count; i++)
		print names[i], version[$1]
}' "$dir/needs" - | sort >"$dir/wanted"
sed -n 's/^BuildRequires: *//p' "$srcdir/libmio.spec" |
    awk '{ print $1, $3 }' | sort >"$dir/spec"
same 'libmio.spec has them, too' wanted spec
