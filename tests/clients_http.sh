#!/bin/sh
# SPDX-License-Identifier: MIT
# examples/http_server with curl, socat, wrk and ab.
set -eu
. "${srcdir:-.}/tests/clients_lib.sh"

need curl socat cmp timeout mkfifo
start examples/http_server 127.0.0.1:0 60000 60000
url=http://$port/

get() {
	curl --silent --show-error --max-time 20 "$@"
}

# is WHAT EXPECTED ACTUAL
is() {
	[ "$2" = "$3" ] || fail "$1: expected '$2', got '$3'"
	pass "$1"
}

# raw FILE: the responses to the bytes of a file, after which our side is closed,
# without the field that is never the same
raw() {
	timeout 60 socat -t20 - "TCP4:$port" <"$1" | sed '/^Date: /d'
}

# field NAME: the values of a field of the responses on standard input
field() {
	tr -d '\r' | sed -n "s/^$1: //p"
}

# response CONNECTION [BODY]: a response as it is on the wire
response() {
	printf 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n'
	printf 'Content-Length: 13\r\nConnection: %s\r\n\r\n' "$1"
	[ $# -lt 2 ] || echo "$2"
}

# same WHAT: the responses, to the byte
same() {
	cmp "$dir/expected" "$dir/responses" || fail "$1"
	pass "$1"
}

is 'GET' 'hello, world' "$(get "$url")"
is 'status' 200 "$(get -o /dev/null -w '%{http_code}' "$url")"
is 'HEAD has a length and no body' 13 \
    "$(get -I "$url" | field Content-Length)"
is 'a query' 'hello, world' "$(get "$url?a=b")"
is 'Date' 1 "$(get -I "$url" | field Date |
    grep -cE '^[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT$')"
is 'another path' 404 "$(get -o /dev/null -w '%{http_code}' "${url}other")"
is 'another method' 405 "$(get -X DELETE -o /dev/null -w '%{http_code}' "$url")"
is 'the methods' 'GET, HEAD, POST' "$(get -X DELETE -D - "$url" | field Allow)"
is 'GET of what only echoes' 'POST' "$(get -D - "${url}echo" | field Allow)"
is 'POST, its body is skipped' 'hello, world' \
    "$(bytes 300000 /dev/zero | get --data-binary @- "$url")"
bytes 3000000 /dev/urandom >"$dir/body"
get --data-binary "@$dir/body" "${url}echo" >"$dir/echo"
cmp "$dir/body" "$dir/echo" || fail 'the echo differs'
pass 'POST, its body is sent back'
is 'an echo of nothing' '' "$(get -d '' "${url}echo")"
is 'Expect' 'abc' "$(get -H 'Expect: 100-continue' --expect100-timeout 20 \
    -d abc "${url}echo")"
is 'Expect, with another path' 404 "$(get -H 'Expect: 100-continue' \
    --expect100-timeout 20 -d abc -o /dev/null -w '%{http_code}' "${url}other")"
is 'Expect of something else' 417 "$(get -H 'Expect: more' -o /dev/null \
    -w '%{http_code}' "$url")"
is 'two requests on one connection' '1 0 ' \
    "$(get -o /dev/null -w '%{num_connects} ' "$url" \
    -o /dev/null "$url")"
is 'a POST, then another request on its connection' '1 0 ' \
    "$(get -o /dev/null -w '%{num_connects} ' -d abc "$url" \
    -o /dev/null "$url")"
is 'HTTP/1.0 closes' close "$(get --http1.0 -D - -o /dev/null "$url" |
    field Connection)"
is 'HTTP/1.0 that asks stays' keep-alive \
    "$(get --http1.0 -H 'Connection: keep-alive' -D - -o /dev/null "$url" |
    field Connection)"
is 'Connection: close' close \
    "$(get -H 'Connection: close' -D - -o /dev/null "$url" |
    field Connection)"
is 'a head that is too long' 431 "$(get -o /dev/null -w '%{http_code}' \
    -H "X-Long: $(bytes 9000 /dev/zero | tr '\0' a)" "$url")"
is 'chunked bodies are not understood' 501 "$(echo abc | get -o /dev/null \
    -w '%{http_code}' -H 'Transfer-Encoding: chunked' -d @- "$url")"

# A hundred requests in one write. Only some responses have a body, which
# shows their order; only the last one closes.
i=0
: >"$dir/expected"
while [ $i -lt 100 ]; do
	i=$((i + 1))
	case $i in
	100)
		method=GET
		field='Connection: close\r\n'
		response close 'hello, world' ;;
	*[1379])
		method=HEAD
		field=
		response keep-alive ;;
	*)
		method=GET
		field=
		response keep-alive 'hello, world' ;;
	esac >>"$dir/expected"
	printf "$method /?$i HTTP/1.1\r\nHost: a\r\n$field\r\n"
done >"$dir/pipeline"
raw "$dir/pipeline" >"$dir/responses"
same 'a pipeline of 100, in order'

# Far more responses than fit into the server and the kernel while nobody reads:
# it has to stop reading, and then go on.
yes "$(printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\n.')" | sed '/^\.$/d' |
    head -n 150000 >"$dir/pipeline"
yes "$(response keep-alive 'hello, world')" | head -n 300000 >"$dir/expected"
timeout 60 socat -t20 - "TCP4:$port,rcvbuf=4096" <"$dir/pipeline" |
    (sleep 0.5; sed '/^Date: /d') >"$dir/responses"
same 'a pipeline of 50000 with a slow reader'

# Wherever the buffer for responses is full, the last one is not lost.
i=0
: >"$dir/pipeline"
while [ $i -lt 115 ]; do
	i=$((i + 1))
	printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' >>"$dir/pipeline"
	[ $i -ge 95 ] || continue
	{ cat "$dir/pipeline"; printf '\000\r\n\r\n'; } >"$dir/request"
	raw "$dir/request" >"$dir/responses"
	[ "$(grep -c '^HTTP/1.1 ' "$dir/responses")" -eq $((i + 1)) ] ||
	    fail "a response is lost after $i requests"
	grep -q '^HTTP/1.1 400 ' "$dir/responses" || fail "no 400 after $i"
done
pass 'no response is lost where the buffer is full'

# with bodies in between, which must not be taken for requests
i=0
while [ $i -lt 50 ]; do
	i=$((i + 1))
	printf 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18\r\n\r\n'
	printf 'GET / HTTP/1.1\r\n\r\n'
done >"$dir/pipeline"
is 'a pipeline of 50 with bodies' 50 \
    "$(raw "$dir/pipeline" | grep -c '^HTTP/1.1 200 OK')"

# one byte at a time
(
	printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' | while
		byte=$(dd bs=1 count=1 2>/dev/null | od -An -to1 | tr -d ' ')
		[ -n "$byte" ]
	do
		printf "\\$byte"
		sleep 0.01
	done
) | timeout 60 socat -t20 - "TCP4:$port,nodelay" >"$dir/responses"
is 'one byte at a time' 1 "$(grep -c '^HTTP/1.1 200 OK' "$dir/responses")"

malformed() {
	printf "$2" >"$dir/request"
	is "malformed: $1" "$3" \
	    "$(raw "$dir/request" | sed -n 's/^HTTP\/1.1 \([0-9]*\).*/\1/p')"
}
malformed 'no version' 'GET /\r\n\r\n' 400
malformed 'a field without a colon' 'GET / HTTP/1.1\r\nHost\r\n\r\n' 400
malformed 'a length that is none' \
    'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n' 400
lengths='Content-Length: 1\r\nContent-Length: 2\r\n'
malformed 'two lengths' "GET / HTTP/1.1\r\nHost: a\r\n$lengths\r\n" 400
malformed 'a length that overflows' \
    'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n' 400
malformed 'no host' 'GET / HTTP/1.1\r\n\r\n' 400
malformed 'two hosts' 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n' 400
malformed 'a folded line' \
    'GET / HTTP/1.1\r\nHost: a\r\n Content-Length: 5\r\n\r\n' 400
malformed 'a space before the colon' \
    'GET / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\n' 400
malformed 'half an end of a line' \
    'GET / HTTP/1.1\r\nHost: a\nContent-Length: 5\r\n\r\n' 400
malformed 'a version that is not known' 'GET / HTTP/3.0\r\n\r\n' 505
malformed 'a NUL' 'GET \000/ HTTP/1.1\r\n\r\n' 400

malformed 'the second of two' \
    'GET / HTTP/1.1\r\nHost: a\r\n\r\nGET\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n' \
    '200
400'

# Echoes in a pipeline, with a reader that is slow at first: both directions are
# full at times. The bodies are lines, to tell them from the heads.
i=0
while [ $i -lt 20 ]; do
	i=$((i + 1))
	yes "request $i" | head -n 40000 >"$dir/body"
	printf 'POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n' \
	    "$(wc -c <"$dir/body")" >&3
	cat "$dir/body" >&3
	cat "$dir/body"
done >"$dir/expected" 3>"$dir/pipeline"
timeout 60 socat -t20 - "TCP4:$port,rcvbuf=4096" <"$dir/pipeline" |
    (sleep 0.3; sed '/^HTTP/,/^.$/d') >"$dir/responses"
same 'a pipeline of 20 echoes with a slow reader'

if command -v wrk >/dev/null; then
	wrk -t2 -c1000 -d1s --timeout 20s "$url" >"$dir/wrk" || fail wrk
	cat "$dir/wrk"
	grep -q 'Socket errors' "$dir/wrk" && fail 'wrk had socket errors'
	grep -q 'Non-2xx' "$dir/wrk" && fail 'wrk had other responses'
	grep -qE '^ +[1-9][0-9]* requests in' "$dir/wrk" || fail 'no requests'
	pass 'wrk with 1,000 connections'
fi
if command -v ab >/dev/null; then
	for option in -k -q; do # with and without keep-alive
		ab -q $option -r -s 60 -c 100 -n 5000 "$url" >"$dir/ab" 2>&1 ||
		    fail "ab $option: $(cat "$dir/ab")"
		grep -q '^Failed requests: *0$' "$dir/ab" || fail 'ab had failures'
		grep -q '^Complete requests: *5000$' "$dir/ab" || fail 'ab lacks some'
		pass "ab $option with 100 connections"
	done
fi

# ---- the end: what is under way is finished

# hold NAME: a client whose requests are written to $dir/NAME.in
hold() {
	mkfifo "$dir/$1.in"
	timeout 60 socat -t20 - "TCP4:$port" <"$dir/$1.in" >"$dir/$1" &
	peer_pids="$peer_pids $!"
}

says() {
	wait_until "$1 does not hear $2: $(cat "$dir/$1")" \
	    grep -q "$2" "$dir/$1"
}

# one in the middle of a body, one in the middle of a head, one between requests
hold body
exec 3>"$dir/body.in"
printf 'POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc' >&3
says body abc
hold head
exec 4>"$dir/head.in"
printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHo' >&4
says head hello
hold between
exec 5>"$dir/between.in"
printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' >&5
says between hello
kill -TERM "$server"
fds=$((fds + 1)) # without the listener, with body and head
wait_until 'it still listens, or an idle client is still there' idle_again
get "$url" 2>/dev/null && fail 'it still accepts'
printf 'def' >&3
says body abcdef
printf 'st: a\r\n\r\n' >&4
says head 'Connection: close'
exec 3>&- 4>&- 5>&-
wait "$server_pid" || fail "the server ended with $?: $(cat "$dir/err")"
server_pid=
[ ! -s "$dir/err" ] || fail "the server said: $(cat "$dir/err")"
is 'the response after SIGTERM' 2 "$(grep -c '^hello' "$dir/head")"
is 'no more for the one between requests' 1 "$(grep -c '^hello' "$dir/between")"
pass 'SIGTERM lets requests finish'

# somebody who never finishes does not delay the end for ever
start examples/http_server 127.0.0.1:0 60000 300
url=http://$port/
hold never
exec 3>"$dir/never.in"
printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\nGET' >&3
says never hello
kill -TERM "$server"
wait "$server_pid" || fail "the server ended with $?: $(cat "$dir/err")"
server_pid=
exec 3>&-
pass 'SIGTERM does not wait for ever'

# ---- idle clients

start examples/http_server 127.0.0.1:0 500
url=http://$port/
# these two keep their side open
timeout 60 socat -t50 - "TCP4:$port,shut-none" </dev/null >"$dir/silent" ||
    fail 'a silent client stays connected'
[ ! -s "$dir/silent" ] || fail "the silent one hears $(cat "$dir/silent")"
slow() { # again if its bytes arrived after the timeout
	timeout 60 socat -t50 - "TCP4:$port,shut-none" <"$dir/slow.in" |
	    grep -q '^HTTP/1.1 408 '
}
printf 'GET / HTTP/1.1\r\nX-' >"$dir/slow.in"
wait_until 'no 408' slow
expect_no_leak
pass 'silent and slow clients are disconnected'

# one that sends requests, and never receives
yes "$(printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\n.')" | sed '/^\.$/d' |
    head -n 150000 >"$dir/pipeline"
timeout 60 socat -u "$dir/pipeline" "TCP4:$port,rcvbuf=4096" 2>/dev/null || :
expect_no_leak
pass 'a client that never receives is disconnected'
stop

# ---- no descriptors left

: >"$dir/out"
(
	# shellcheck disable=SC3045
	ulimit -n 24
	exec $execute "$builddir/examples/http_server" 127.0.0.1:0
) >"$dir/out" 2>"$dir/err" &
server_pid=$!
wait_until 'it does not listen' grep -q listening "$dir/out"
port=$(sed 's/listening on //' "$dir/out")
server=$server_pid
fds=$(count_fds)
mkfifo "$dir/held"
exec 3<>"$dir/held"
holders=
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24; do
	socat -u "TCP4:$port" /dev/null <&3 &
	holders="$holders $!"
done
peer_pids="$peer_pids $holders"
full() {
	[ "$(count_fds)" -ge 24 ]
}
wait_until 'it has descriptors left' full
# shellcheck disable=SC2086
kill -KILL $holders
exec 3>&-
is 'after it had no descriptors left' 'hello, world' "$(get "http://$port/")"
stop
