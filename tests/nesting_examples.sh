#!/bin/sh
# SPDX-License-Identifier: MIT
# The examples that have a poll in somebody else's loop, as far as they were
# built. They check themselves, and end with 77 where a poll has no descriptor.
set -eu

builddir=${builddir:-.}
ran=0
failed=0

for example in glib_loop sdevent_loop; do
	if [ ! -x "$builddir/examples/adapters/$example" ]; then
		echo "$example was not built"
		continue
	fi
	status=0
	timeout 120 "$builddir/examples/adapters/$example" || status=$?
	case $status in
	0)	echo "ok: $example"; ran=$((ran + 1)) ;;
	77)	echo "$example cannot run here" ;;
	*)	echo "FAIL: $example ended with $status"; failed=1 ;;
	esac
done

[ $failed -eq 0 ] || exit 1
[ $ran -gt 0 ] || exit 77
