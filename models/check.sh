#!/bin/sh
# SPDX-License-Identifier: MIT
# check.sh [SOURCE-FOLDER]: every model that has to hold is searched whole, and
# every mistake that is put into one has to be found.
set -eu

models=$(cd "$(dirname "$0")" && pwd)
: "${CC:=cc}"
command -v spin >/dev/null || { echo "spin is needed: apt install spin"; exit 1; }

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
cd "$dir"

# search BITS MODEL DEFINES...: the checker's output in the file out; the table
# of states begins with 2^BITS places
search() {
	bits=$1
	model=$2
	shift 2
	rm -rf ./*
	spin "$@" -a "$models/$model.pml" >out 2>&1
	$CC -w -O2 -DSAFETY -DCOLLAPSE -DVECTORSZ=2048 -DMEMLIM=4096 \
	    -o pan pan.c >>out 2>&1
	./pan -m200000 -w"$bits" >>out 2>&1 || true
}

give_up() {
	cat out
	echo "FAIL: $*"
	exit 1
}

holds() {
	search 26 "$@"
	grep -q 'errors: 0$' out || give_up "$* does not hold"
	! grep -Eq 'Search not completed|max search depth|out of memory' out ||
	    give_up "$* was not searched whole"
	echo "ok: $*, $(sed -n 's/ states, stored.*//p' out | tr -d ' ') states"
}

finds() {
	search 20 "$@"
	grep -q '^pan:1: ' out || give_up "$*: the mistake was not found"
	echo "ok: $*: $(sed -n 's/^pan:1: //p' out)"
}

holds gate
finds gate -DBUG_GIVES_UP_WHAT_IT_WAS_GRANTED
finds gate -DBUG_LOOKS_WITHOUT_CHANGING
finds gate -DBUG_LAST_FIRST

holds readiness -DLIFETIME
finds readiness -DLIFETIME -DBUG_FREES_WHAT_IS_QUEUED
finds readiness -DLIFETIME -DBUG_CLEAR_THEN_READ

holds readiness -DSLEEP -DUPDATED=0 -DDESTROYED=1
holds readiness -DSLEEP -DUPDATED=1 -DDESTROYED=0
for bug in SLOT_NEVER_MOVES STUB_IS_EMPTY UNFINISHED_IS_LAST \
    LOOK_BEFORE_SLEEP LOOK_BEFORE_PUSH LEVEL_ONESHOT_STAYS; do
	finds readiness -DSLEEP -DUPDATED=1 -DDESTROYED=0 -DBUG_$bug
done
finds readiness -DSLEEP -DTWICE -DUPDATED=1 -DDESTROYED=0 \
    -DBUG_WRITE_WHERE_READ
