#!/bin/sh
# SPDX-License-Identifier: MIT
# examples/adapters/curl_fetch, with the adapter for libcurl, and the HTTP server
# of Python on loopback: 200 files at once, files that are missing, a server that
# is silent, and one that is not there.
set -eu
. "${srcdir:-.}/tests/adapters_lib.sh"

need python3 cmp timeout
need_built curl_fetch

# Files of 1 to 400,000 bytes, all different, and an empty one.
mkdir "$dir/served"
i=0
while [ $i -lt 200 ]; do
	i=$((i + 1))
	bytes $(((i - 1) * i * 10 + 1)) /dev/urandom >"$dir/served/$i"
done

: >"$dir/served/100"

says_port() {
	grep -q '^Serving HTTP' "$dir/http.log" || ended "$http"
}
: >"$dir/http.log"
PYTHONUNBUFFERED=1 python3 -m http.server --bind 127.0.0.1 \
    --directory "$dir/served" 0 >"$dir/http.log" 2>&1 &
http=$!
peer_pids=$http
wait_until 'the server does not start' says_port
if ended "$http"; then
	cat "$dir/http.log"
	exit 77
fi
port=$(sed -n 's/^Serving HTTP.* port \([0-9]*\) .*/\1/p' "$dir/http.log")
url=http://127.0.0.1:$port

# fetch OPTION... NAME...: into an empty folder
fetch() {
	rm -rf "$dir/fetched"
	mkdir "$dir/fetched"
	options=
	while [ "${1#-}" != "$1" ]; do
		options="$options $1 $2"
		shift 2
	done
	urls=
	for name; do
		urls="$urls $url/$name"
	done
	# words, not one
	# shellcheck disable=SC2086
	run curl_fetch $options "$dir/fetched" $urls
}

# is WHAT STATUS LAST-LINE
is() {
	[ $status -eq "$2" ] ||
	    fail "$1: it ended with $status: $(cat "$dir/out" "$dir/err")"
	[ "$(tail -n 1 "$dir/out")" = "$3" ] || fail "$1: $(cat "$dir/out")"
	[ ! -s "$dir/err" ] || fail "$1: $(cat "$dir/err")"
	pass "$1"
}

# said WHAT COUNT PATTERN
said() {
	[ "$(grep -c "$3" "$dir/out")" -eq "$2" ] ||
	    fail "$1: it said $(cat "$dir/out")"
}

# A server with a short queue: a few connections at a time.
# shellcheck disable=SC2046
fetch -c 4 $(cd "$dir/served" && ls | sort -n)
is '200 files' 0 '200 of 200 fetched'
i=0
while [ $i -lt 200 ]; do
	i=$((i + 1))
	cmp "$dir/served/$i" "$dir/fetched/$i" || fail "file $i"
done
pass 'all are equal'

fetch 1 nothing 2
is 'a file that is missing' 1 '2 of 3 fetched'
said 'a file that is missing' 1 'nothing: .*error'

# The kernel still accepts connections.
kill -STOP "$http"
fetch -t 1 1 2 3
is 'a server that is silent' 1 '0 of 3 fetched'
said 'a server that is silent' 3 '[Tt]imeout'

# A signal ends transfers that have begun.
has_begun() {
	[ -f "$dir/fetched/2" ]
}
rm -f "$dir/fetched/2"
"$builddir/examples/adapters/curl_fetch" "$dir/fetched" "$url/1" "$url/2" \
    >"$dir/out" 2>"$dir/err" &
fetcher=$!
peer_pids="$http $fetcher"
wait_until 'it does not begin' has_begun
kill -TERM "$fetcher"
status=0
wait "$fetcher" || status=$?
is 'a signal' 1 '0 of 2 fetched'
kill -CONT "$http"
peer_pids=$http

kill "$http"
wait "$http" || :
peer_pids=
fetch 1 2
is 'no server' 1 '0 of 2 fetched'
said 'no server' 2 'connect'

echo "$passed passed"
