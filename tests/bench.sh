#!/bin/sh
# SPDX-License-Identifier: MIT
# The driver of the benchmarks makes rows, tables and plots. How long anything
# takes does not matter here.
set -eu

srcdir=${srcdir:-.}
builddir=${builddir:-.}

if ! command -v gnuplot >/dev/null; then
	echo 'no gnuplot'
	exit 77
fi
if [ "$(uname)" != Linux ]; then
	echo 'the benchmarks use epoll'
	exit 77
fi

suite=$(cd "$srcdir" && pwd)/bench/suite.sh
cd "$builddir"
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
trap 'exit 1' HUP INT TERM

fail() {
	echo "$*"
	exit 1
}

"${MAKE:-make}" bench/pool >"$out/make" 2>&1 ||
    { cat "$out/make"; fail 'bench/pool was not built'; }
MIO_BENCH_ROUNDS=2 MIO_BENCH_MS=1 RESULTS=$out/results MISSING='a peer' \
    sh "$suite" quick pool 2>"$out/progress" ||
    { cat "$out/progress"; fail 'the suite failed'; }

cd "$out/results"
grep 'not installed, left out: a peer' ../progress
grep '^pool array1-active1/1, round 1 of 2, [0-9]* s of about' ../progress

[ "$(sed 1q results.csv)" = \
    workload,case,parameter,contestant,version,unit,round,value ] ||
    fail 'the columns of the CSV file'
awk -F, '
	NR == 1 { next }
	NF != 8 || $1 != "pool" || $6 !~ /^(cpu-)?ns$/ || $8 <= 0 {
		print "a bad row: " $0
		bad = 1
	}
	$2 == "array16-active8" && $4 == "libmio" && $6 == "ns" {
		rounds[$3 "/" $7] = 1
	}
	END {
		for (threads = 1; threads <= 8; threads *= 2)
			for (round = 1; round <= 2; round++)
				if (!((threads "/" round) in rounds)) {
					print "a row is missing"
					bad = 1
				}
		exit bad
	}' results.csv

for text in '^## Threads that share a poll' '^| missing | a peer |' \
    '^| array16-active8, libmio | [0-9]' 'plots/pool-growth.svg'; do
	grep "$text" results.md || fail "not in results.md: $text"
done
for plot in pool pool-growth; do
	grep -q '</svg>' plots/$plot.svg || fail "plots/$plot.svg"
	[ -s plots/$plot.png ] || fail "plots/$plot.png"
done
