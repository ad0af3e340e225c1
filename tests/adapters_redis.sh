#!/bin/sh
# SPDX-License-Identifier: MIT
# examples/adapters/redis_client, with the adapter for hiredis, and redis-server
# on loopback.
set -eu
. "${srcdir:-.}/tests/adapters_lib.sh"

need redis-server timeout
need_built redis_client

# Nothing is saved, and no configuration is read.
started() {
	grep -q 'eady to accept' "$dir/redis.log" || ended "$redis"
}
start_redis() {
	random_port
	: >"$dir/redis.log"
	(cd "$dir" && exec redis-server - >"$dir/redis.log" 2>&1) <<-END &
	bind 127.0.0.1
	port $port
	save ""
	appendonly no
	daemonize no
	client-output-buffer-limit pubsub 0 0 0
	END
	redis=$!
	peer_pids=$redis
	wait_until 'redis-server does not start' started
	! ended "$redis"
}
try_ports start_redis redis.log

# is EXPECTED WHAT [COUNT]
is() {
	expected=$1
	shift
	run redis_client "$port" "$@"
	[ $status -eq 0 ] ||
	    fail "$1: it ended with $status: $(cat "$dir/out" "$dir/err")"
	[ "$(cat "$dir/out")" = "$1: $expected" ] || fail "$(cat "$dir/out")"
	[ ! -s "$dir/err" ] || fail "$1: $(cat "$dir/err")"
	pass "$1: $expected"
}

is '100000 of 100000, 0 lost' replies 100000
is '20000 of 20000, 0 lost' pubsub 20000
is '1 of 1, 1 lost' killed
is '50 of 50, 0 lost' timers 50
is '1 of 1, 1 lost' timeout
is '100 of 100, 0 lost' detach 100

kill "$redis"
wait "$redis" || fail "redis-server ended with $?: $(cat "$dir/redis.log")"
peer_pids=
is '1 of 1, 1 lost' refused

echo "$passed passed"
