#!/bin/sh
# SPDX-License-Identifier: MIT
# examples/http_hello with curl, socat, and wrk or ab.
set -eu
. "${srcdir:-.}/tests/clients_lib.sh"

need curl socat cmp timeout
start examples/http_hello
url=http://127.0.0.1:$port/

get() {
	curl --silent --show-error --max-time 20 "$@"
}

# is WHAT EXPECTED ACTUAL
is() {
	[ "$2" = "$3" ] || fail "$1: expected '$2', got '$3'"
	pass "$1"
}

# raw FILE: what comes back for the bytes of a file, our side then closed
raw() {
	timeout 60 socat -t20 - "TCP:127.0.0.1:$port" <"$1"
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
    "$(get -I "$url" | tr -d '\r' | sed -n 's/^Content-Length: //p')"
is 'POST, its body is skipped' 'hello, world' \
    "$(bytes 300000 /dev/zero | get --data-binary @- "$url")"
is 'two requests on one connection' '1 0 ' \
    "$(get -o /dev/null -w '%{num_connects} ' "$url" \
    -o /dev/null "$url")"
is 'a POST, then another request on its connection' '1 0 ' \
    "$(get -o /dev/null -w '%{num_connects} ' -d abc "$url" \
    -o /dev/null "$url")"
is 'HTTP/1.0 closes' close "$(get --http1.0 -D - -o /dev/null "$url" |
    tr -d '\r' | sed -n 's/^Connection: //p')"
is 'HTTP/1.0 that asks stays' keep-alive \
    "$(get --http1.0 -H 'Connection: keep-alive' -D - -o /dev/null "$url" |
    tr -d '\r' | sed -n 's/^Connection: //p')"
is 'Connection: close' close \
    "$(get -H 'Connection: close' -D - -o /dev/null "$url" |
    tr -d '\r' | sed -n 's/^Connection: //p')"
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
	printf "$method /$i HTTP/1.1\r\nHost: a\r\n$field\r\n"
done >"$dir/pipeline"
raw "$dir/pipeline" >"$dir/responses"
same 'a pipeline of 100, in order'

# Far more responses than fit into the server and the kernel while nobody reads:
# it has to stop reading, and then go on.
yes "$(printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\n.')" | sed '/^\.$/d' |
    head -n 150000 >"$dir/pipeline"
yes "$(response keep-alive 'hello, world')" | head -n 300000 >"$dir/expected"
timeout 60 socat -t20 - "TCP:127.0.0.1:$port,rcvbuf=4096" <"$dir/pipeline" |
    (sleep 0.5; cat) >"$dir/responses"
same 'a pipeline of 50000 with a slow reader'

# Wherever the buffer for responses is full, the last one is not lost.
i=0
: >"$dir/pipeline"
while [ $i -lt 200 ]; do
	i=$((i + 1))
	printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' >>"$dir/pipeline"
	[ $i -ge 150 ] || continue
	{ cat "$dir/pipeline"; printf '\000'; } >"$dir/request"
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
) | timeout 60 socat -t20 - "TCP:127.0.0.1:$port,nodelay" >"$dir/responses"
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

if command -v wrk >/dev/null; then
	wrk -t2 -c1000 -d3s --timeout 20s "$url" >"$dir/wrk" || fail wrk
	cat "$dir/wrk"
	grep -q 'Socket errors' "$dir/wrk" && fail 'wrk had socket errors'
	grep -q 'Non-2xx' "$dir/wrk" && fail 'wrk had other responses'
	grep -qE '^ +[1-9][0-9]* requests in' "$dir/wrk" || fail 'no requests'
	pass 'wrk with 1,000 connections'
elif command -v ab >/dev/null; then
	ab -q -k -c 1000 -n 50000 "$url" >"$dir/ab" || fail ab
	grep -q '^Failed requests: *0$' "$dir/ab" || fail 'ab had failures'
	pass 'ab with 1,000 connections'
fi

stop
