#!/bin/sh
# SPDX-License-Identifier: MIT
# Counts the instructions in user space of one iteration: every contestant runs
# N and 3 N iterations under callgrind, and the difference is divided by 2 N.
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# count PROGRAM CASE CONTESTANT TIMES
count() {
	MIO_BENCH_CONTESTANT=$3 MIO_BENCH_TIMES=$4 $LIBTOOL --silent \
	    --mode=execute valgrind --tool=callgrind --fair-sched=try \
	    --callgrind-out-file=/dev/null "bench/$1" "$2" 2>&1 |
	    sed -n 's/.*Collected : //p'
}

# row CASE CONTESTANT NAME
row() {
	few=$(count wake "$1" "$2" 1000)
	many=$(count wake "$1" "$2" 3000)
	echo "$1, $3: $(((many - few + 1000) / 2000))"
}

# called CASE CONTESTANT FUNCTION: the instructions of a call to it, including
# the C library, in bench/register, which calls it about once for each iteration
called() {
	few=$(inside register "$1" "$2" "$3" 1000)
	many=$(inside register "$1" "$2" "$3" 3000)
	echo "$1, $3: $(((many - few + 1000) / 2000))"
}

# inside PROGRAM CASE CONTESTANT FUNCTION TIMES
inside() {
	MIO_BENCH_CONTESTANT=$3 MIO_BENCH_TIMES=$5 $LIBTOOL --silent \
	    --mode=execute valgrind --tool=callgrind \
	    --callgrind-out-file="$dir/out" "bench/$1" "$2" >/dev/null 2>&1
	callgrind_annotate --auto=no --inclusive=yes --threshold=100 \
	    "$dir/out" | awk -v name="$4" '
		{ n = split($0, word, /[: []+/) }
		{ for (i = 1; i <= n; i++) if (word[i] == name) hit = 1 }
		hit { gsub(/,/, "", $1); print $1; exit }'
}

row one 0 'a flag and epoll_wait'
row one 1 'libmio, waker'
row one 2 'libmio, registration'
row one 3 'eventfd and epoll_wait'
row coalesced 0 'an atomic exchange'
row coalesced 1 'libmio, waker'
row coalesced 2 'libmio, registration'
for case in events/10 events/50 events/64; do
	row $case 0 'epoll_wait'
	row $case 1 'mio_poll'
done
for case in sets/10 sets/50; do
	row $case 0 'flags and epoll_wait'
	row $case 1 'libmio'
done
called reregister 0 epoll_ctl
for call in register reregister deregister; do
	called all 1 mio_poll_${call}_fd
done
for call in register reregister deregister; do
	called all 2 mio_poll_$call
done

# channel CASE: all contestants that were built, sender and receiver together.
# Valgrind runs one thread at a time, until it sleeps or its time slice ends. How
# often the receiver finds nothing varies, and so do the last digits.
channel() {
	i=0
	while name=$(MIO_BENCH_CONTESTANT=$i MIO_BENCH_TIMES=1 \
	    bench/channel "$1") && [ -n "$name" ]; do
		few=$(count channel "$1" $i 10000)
		many=$(count channel "$1" $i 30000)
		echo "$1, $name: $(((many - few + 10000) / 20000))"
		i=$((i + 1))
	done
}

for case in bounded8 bounded64 unbounded8 unbounded64 \
    bounded8x2 bounded64x2 unbounded8x2 unbounded64x2; do
	channel $case
done

# timers CONTESTANT: one round with COUNT timeouts, by the instructions of the
# functions that are its cases
COUNT=100000

timers() {
	name=$(MIO_BENCH_CONTESTANT=$1 bench/timers) || return 0
	MIO_BENCH_CONTESTANT=$1 $LIBTOOL --silent --mode=execute valgrind \
	    --tool=callgrind --callgrind-out-file="$dir/out" \
	    bench/timers $COUNT >"$dir/log" 2>&1 || { cat "$dir/log"; exit 1; }
	callgrind_annotate --auto=no --inclusive=yes --threshold=100 \
	    "$dir/out" | awk -v name="$name" -v count=$COUNT '
		match($0, /:case_[a-z_]*/) {
			what = substr($0, RSTART + 6, RLENGTH - 6)
			gsub(/,/, "", $1)
			n = what == "next" ? 6001 : count
			print what ", " name ": " int($1 / n + 0.5)
		}' | sort
}

for i in 0 1 2 3 4 5 6 7; do
	timers $i
done
