#!/bin/sh
# SPDX-License-Identifier: MIT
# examples/worker, whose results are known.
set -eu

builddir=${builddir:-.}
failed=0

# expect LIMIT OUTPUT
expect() {
	output=$(timeout 100 "$builddir/examples/worker" "$1") || output="$output, ended with $?"
	if [ "$output" = "$2" ]; then
		echo "ok: $output"
	else
		echo "FAIL: $output"
		failed=1
	fi
}

expect 0 '0 primes below 0, in 0 pieces'
expect 10 '4 primes below 10, in 1 pieces'
expect 10000 '1229 primes below 10000, in 1 pieces'
expect 10001 '1229 primes below 10001, in 2 pieces'
expect 500000 '41538 primes below 500000, in 50 pieces'

exit $failed
