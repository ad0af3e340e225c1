# SPDX-License-Identifier: MIT
# For the tests that drive the examples with other people's clients.

builddir=${builddir:-.}
dir=$(mktemp -d)
server_pid=
peer_pids= # others that have to end with the test
trap 'kill -9 $server_pid $peer_pids 2>/dev/null || :; rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
passed=0

fail() {
	echo "FAIL: $*"
	exit 1
}

pass() {
	echo "ok: $*"
	passed=$((passed + 1))
}

# wait_until WHAT COMMAND...: for ten seconds, in steps of a hundredth
wait_until() {
	what=$1
	shift
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ $tries -lt 1000 ] || fail "$what"
		sleep 0.01
	done
}

# bytes COUNT FILE: prints the first bytes of a file or a device
bytes() {
	dd if="$2" bs="$1" count=1 2>/dev/null
}

# need TOOL...: this test is skipped without them
need() {
	for tool; do
		command -v "$tool" >/dev/null || { echo "no $tool"; exit 77; }
	done
}

# In front of a program: it is the shell's own child then, with no script in
# between that would get the signals.
execute="$builddir/libtool --silent --mode=execute"

# start PROGRAM [ARGUMENT...]: sets port to what it says, and fds to how many
# descriptors it has when idle; its standard input is from the file $input
start() {
	ulimit -n "$(ulimit -H -n)"
	: >"$dir/out" # the one before said something, too
	program=$1
	shift
	$execute "$builddir/$program" "$@" <"${input:-/dev/null}" \
	    >"$dir/out" 2>"$dir/err" &
	server_pid=$!
	wait_until "$program does not say its port" grep -q listening "$dir/out"
	port=$(sed 's/listening on //' "$dir/out")
	server=$server_pid # libtool has become the program
	fds=$(count_fds)
}

# guest NAME: its input is the pipe NAME.in, what it receives is in NAME.heard
guest() {
	mkfifo "$dir/$1.in"
	: >"$dir/$1.heard"
	socat -t60 - "TCP4:127.0.0.1:${port##*:}" <"$dir/$1.in" \
	    >"$dir/$1.heard" &
	peer_pids="$peer_pids $!"
}

# hears NAME LINE: waits until the guest has received this line
hears() {
	wait_until "$1 does not hear: $2; but $(cat "$dir/$1.heard")" \
	    grep -qxF "$2" "$dir/$1.heard"
}

# client_limit MOST: prints how many clients there may be, at most MOST
client_limit() {
	limit=$(ulimit -H -n)
	[ "$limit" != unlimited ] || limit=$(($1 + 100))
	limit=$((limit - 100))
	[ "$limit" -le "$1" ] || limit=$1
	echo "$limit"
}

# Prints the number of open descriptors of the server.
count_fds() {
	if [ -d "/proc/$server/fd" ]; then
		ls "/proc/$server/fd"
	elif command -v fstat >/dev/null; then
		fstat -p "$server"
	else
		lsof -p "$server"
	fi | wc -l
}

idle_again() {
	[ "$(count_fds)" -eq "$fds" ]
}

# Everyone has left: nothing is open that was not open before.
expect_no_leak() {
	wait_until "descriptors: $(count_fds), were $fds" idle_again
}

stop() {
	expect_no_leak
	kill -TERM "$server"
	wait "$server_pid" || fail "the server ended with $?: $(cat "$dir/err")"
	server_pid=
	[ ! -s "$dir/err" ] || fail "the server said: $(cat "$dir/err")"
	pass 'no descriptor is left, and SIGTERM ends it'
	echo "$passed passed"
}
