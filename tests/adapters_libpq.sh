#!/bin/sh
# SPDX-License-Identifier: MIT
# examples/adapters/pg_query, with the adapter for libpq, and a PostgreSQL server
# of its own, on loopback and on a Unix socket.
set -eu
. "${srcdir:-.}/tests/adapters_lib.sh"

for bin in /usr/lib/postgresql/*/bin; do
	PATH=$bin:$PATH
done
need initdb postgres timeout
need_built pg_query

# The server refuses to run as root.
as=
chmod 755 "$dir"
mkdir "$dir/pg"
if [ "$(id -u)" -eq 0 ]; then
	need setpriv
	user=nobody
	! id postgres >/dev/null 2>&1 || user=postgres
	group=$(id -gn $user)
	as="setpriv --reuid=$user --regid=$group --clear-groups"
	chown "$user:$group" "$dir/pg"
fi
$as initdb -D "$dir/pg/data" -U tester -A trust -E UTF8 --no-locale --no-sync \
    >"$dir/initdb.log" 2>&1 || {
	cat "$dir/initdb.log"
	echo 'initdb cannot run here'
	exit 77
}

# A server that ends by itself removes its shared memory.
postgres=
stop_postgres() {
	[ -n "$postgres" ] || return 0
	kill -CONT "$postgres" 2>/dev/null || return 0
	kill -QUIT "$postgres"
	wait "$postgres" || :
}
trap 'stop_postgres; kill -9 $peer_pids 2>/dev/null || :; rm -rf "$dir"' EXIT

started() {
	grep -q 'ready to accept connections' "$dir/pg.log" || ended "$postgres"
}
start_postgres() {
	random_port
	: >"$dir/pg.log"
	$as postgres -D "$dir/pg/data" -h 127.0.0.1 -p "$port" -k "$dir/pg" -F \
	    -c dynamic_shared_memory_type=mmap -c max_connections=10 \
	    -c autovacuum=off >"$dir/pg.log" 2>&1 &
	postgres=$!
	wait_until 'postgres does not start' started
	! ended "$postgres"
}
cd "$dir" # the server's user may not be able to read this folder
try_ports start_postgres pg.log
cd - >/dev/null

info="user=tester dbname=postgres sslmode=disable gssencmode=disable"
tcp="host=127.0.0.1 port=$port $info"
unix="host=$dir/pg port=$port $info"

# is WHAT STATUS OUTPUT
is() {
	[ $status -eq "$2" ] ||
	    fail "$1: it ended with $status: $(cat "$dir/err")"
	[ "$(cat "$dir/out")" = "$3" ] || fail "$1: $(head "$dir/out")"
	[ "$2" -ne 0 ] || [ ! -s "$dir/err" ] || fail "$1: $(cat "$dir/err")"
	pass "$1"
}

# said WHAT PATTERN
said() {
	grep -q "$2" "$dir/err" || fail "$1: it said $(cat "$dir/err")"
}

run pg_query "$tcp" 'SELECT 6 * 7'
is 'a query over TCP' 0 42
run pg_query "$unix" 'SELECT 6 * 7'
is 'a query over a Unix socket' 0 42
run pg_query "user=tester dbname=postgres host=127.0.0.1 port=$port" 'SELECT 1'
is 'a connection that asks for encryption first' 0 1

run pg_query "$tcp" 'CREATE TEMP TABLE t (n int, s text)' \
    "INSERT INTO t VALUES (1, 'one'), (2, 'two')" '' \
    'SELECT * FROM t ORDER BY n; SELECT count(*) FROM t'
is 'queries one after the other, and two in one' 0 "1	one
2	two
2"

run pg_query "$tcp" 'SELECT nothing' 'SELECT 2'
is 'a query that fails, and another one' 1 2
said 'a query that fails' 'column "nothing" does not exist'

run pg_query "$tcp" \
    "SELECT n, repeat('x', 50) FROM generate_series(1, 100000) AS n"
[ $status -eq 0 ] && [ "$(wc -l <"$dir/out")" -eq 100000 ] &&
    [ "$(tail -n 1 "$dir/out" | cut -f 1)" = 100000 ] ||
    fail "a large result: $status, $(wc -l <"$dir/out") lines"
pass 'a result of 100,000 rows'

# Far more than a socket takes at once.
{
	printf "SELECT length('"
	bytes 8000000 /dev/zero | tr '\0' y
	printf "')"
} >"$dir/long"
run pg_query "$unix" - <"$dir/long"
is 'a query of 8 megabytes over a Unix socket' 0 8000000
run pg_query "$tcp" - 'SELECT 1' <"$dir/long"
is 'a query of 8 megabytes over TCP, and another one' 0 "8000000
1"

run pg_query "$tcp" 'COPY (SELECT 1) TO STDOUT'
is 'COPY is refused' 3 ''
said 'COPY is refused' 'not supported'

run pg_query -l 3 "$tcp" 'LISTEN news' \
    "SELECT pg_notify('news', n::text) FROM generate_series(1, 3) AS n"
[ $status -eq 0 ] && [ "$(grep -c '^news	[123]$' "$dir/out")" -eq 3 ] ||
    fail "notifications: $status, $(cat "$dir/out" "$dir/err")"
pass 'notifications'

run pg_query "$tcp" 'SELECT pg_terminate_backend(pg_backend_pid())' 'SELECT 1'
is 'a connection that the server closes' 3 ''
said 'a connection that the server closes' 'administrator command'

# one that waits for notifications, with no query in progress
"$builddir/examples/adapters/pg_query" -l 1 "$tcp" 'LISTEN news' 'SELECT 1' \
    >"$dir/idle.out" 2>"$dir/idle.err" &
idle=$!
peer_pids=$idle
is_listening() {
	run pg_query "$tcp" "SELECT count(*) FROM pg_stat_activity
	    WHERE query = 'SELECT 1' AND state = 'idle'"
	[ "$(cat "$dir/out")" = 1 ]
}
wait_until 'it does not listen' is_listening
run pg_query "$tcp" "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE query = 'SELECT 1' AND state = 'idle'"
is 'the server closes an idle connection' 0 t
status=0
wait $idle || status=$?
peer_pids=
[ $status -eq 3 ] || fail "an idle connection: it ended with $status"
pass 'an idle connection notices'

# libpq tries one after the other, each with a socket of its own
run pg_query "host=$dir,127.0.0.1,127.0.0.1 port=$port,1,$port $info" 'SELECT 3'
is 'the third of three hosts' 0 3
run pg_query "host=127.0.0.1,$dir port=1,1 $info" 'SELECT 3'
is 'no server' 3 ''
said 'no server' 'refused'
run pg_query "$tcp dbname=nothing" 'SELECT 3'
is 'no such database' 3 ''
said 'no such database' 'database "nothing" does not exist'
run pg_query 'no conninfo' 'SELECT 3'
is 'a malformed conninfo' 3 ''

# The kernel still accepts connections.
kill -STOP "$postgres"
run pg_query -t 1 "$tcp" 'SELECT 3'
is 'a server that is silent' 3 ''
said 'a server that is silent' '[Tt]imed out'
kill -CONT "$postgres"
run pg_query "$tcp" 'SELECT 4'
is 'and then not any more' 0 4

kill -INT "$postgres" # disconnects the clients
wait "$postgres" || fail "postgres ended with $?: $(cat "$dir/pg.log")"
postgres=

echo "$passed passed"
