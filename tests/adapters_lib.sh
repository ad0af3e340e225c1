# SPDX-License-Identifier: MIT
# For the tests of examples/adapters, each with its real peer on loopback.
. "${srcdir:-.}/tests/clients_lib.sh"

LC_ALL=C # for what the libraries and servers say
export LC_ALL

# need_built PROGRAM: this test is skipped if configure has not found the library
need_built() {
	[ ! -x "$builddir/examples/adapters/$1" ] || return 0
	echo "$1 was not built"
	exit 77
}

# Sets port to a number below those that the system gives away.
random_port() {
	port=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 10000))
}

# ended PID
ended() {
	! kill -0 "$1" 2>/dev/null
}

# try_ports COMMAND LOG: until the command has started its server on a free port
try_ports() {
	attempts=0
	until "$1"; do
		attempts=$((attempts + 1))
		[ $attempts -lt 20 ] && continue
		cat "$dir/$2"
		echo "the server cannot run here"
		exit 77
	done
}

# run PROGRAM ARGUMENT...: sets status, and leaves its output in out and err
run() {
	program=$1
	shift
	status=0
	timeout 120 "$builddir/examples/adapters/$program" "$@" \
	    >"$dir/out" 2>"$dir/err" || status=$?
}
