#!/bin/sh
# SPDX-License-Identifier: MIT
# The example with 100,000 timeouts, which checks itself, and what it prints.
set -eu

builddir=${builddir:-.}

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

timeout 120 "$builddir/examples/timers" >"$dir/out" || {
	cat "$dir/out"
	exit 1
}
cat "$dir/out"

# who comes back after a pause of a slow machine counts once more
expired=$(sed -n 's/^\([0-9]*\) expired, .* 0\.000 ms early$/\1/p' "$dir/out")
[ "$expired" -ge 100000 ]
