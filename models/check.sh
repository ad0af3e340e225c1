#!/bin/sh
# SPDX-License-Identifier: MIT
# Lets Spin look at every schedule of the models next to this script. Without
# BUG_ a configuration has to be searched to its end and found right; with it,
# the mistake has to be found. The work is done in a directory of its own, under
# the one it is run in.
#
#	models/check.sh [NAME ...]	only the configurations of these names
set -eu

models=$(cd "$(dirname "$0")" && pwd)
CC=${CC:-cc}
part=${MIO_MODELS_PART:-0/1} # of how many each takes its turn
work=$PWD/models.tmp.${part%/*}
failed=0
count=0
only=" $* "

command -v spin >/dev/null || {
	echo "spin is needed: the package spin, or https://spinroot.com/" >&2
	exit 1
}
command -v "${CC%% *}" >/dev/null || {
	echo "a C compiler is needed: $CC is not there" >&2
	exit 1
}

# All of them by two at a time: a gigabyte each at most.
if [ $# -eq 0 ] && [ -z "${MIO_MODELS_PART-}" ] &&
    [ "$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)" -gt 1 ]; then
	MIO_MODELS_PART=0/2 "$0" &
	first=$!
	MIO_MODELS_PART=1/2 "$0" || failed=1
	wait $first || failed=1
	exit $failed
fi

rm -rf "$work"
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

fail() {
	echo "$1: $2"
	tail -n 40 "$work/$1/log"
	failed=1
}

# search NAME MODEL SAFETY-OR-LIVENESS -D...: the log of the search
search() {
	dir=$work/$1
	model=$models/$2.pml
	kind=$3
	mkdir "$dir"
	shift 3
	case $kind in
	safety) build='-DSAFETY' run='' ;;
	liveness) build='-DNFAIR=3' run='-a -f' ;;
	esac

	(
		cd "$dir"
		spin "$@" -a "$model" &&
		    $CC -O2 -w $build -DCOLLAPSE -DMEMLIM=3500 -o pan pan.c &&
		    ./pan -n -m500000 $run
	) >"$dir/log" 2>&1
}

wanted() {
	count=$((count + 1))
	case $only in
	'  ') [ $((count % ${part#*/})) -eq "${part%/*}" ] ;;
	*" $1 "*) return 0 ;;
	*) return 1 ;;
	esac
}

states() {
	awk '/states, stored/ { printf "%d", $1; exit }' "$work/$1/log"
}

# right NAME MODEL KIND -D...
right() {
	wanted "$1" || return 0
	if ! search "$@"; then
		fail "$1" 'Spin did not run'
	elif ! grep -q 'errors: 0$' "$work/$1/log"; then
		fail "$1" 'has a mistake'
	elif grep -qiE 'depth too small|out of memory|not completed|MEMLIM' \
	    "$work/$1/log"; then
		fail "$1" 'was not searched to the end'
	else
		echo "$1: $(states "$1") states, ok"
	fi
	rm -rf "${work:?}/$1"
}

# wrong NAME MODEL KIND -D...
wrong() {
	wanted "$1" || return 0
	search "$@" || :
	if grep -qE 'errors: [1-9]' "$work/$1/log" &&
	    grep -qE 'assertion violated|invalid end state|acceptance cycle' \
	    "$work/$1/log"; then
		echo "$1: $(states "$1") states, found as it must be"
	else
		fail "$1" 'the mistake was not found'
	fi
	rm -rf "${work:?}/$1"
}

# ---- readiness.pml

sleep='-DNODES=2 -DNAPS=1'
tokens='-DPRODUCERS=1 -DPOLLERS=1 -DTOKENS -DUPDATERS=1'
parts='-DPARTS -DPRODUCERS=1 -DPOLLERS=1 -DUPDATERS=1 -DSETS=3'
life='-DPRODUCERS=1 -DPOLLERS=1 -DLIFETIME -DEARLY'

right sleep readiness safety $sleep
right armed readiness safety -DNODES=2 -DARM -DPOLLERS=1
right tokens readiness safety $tokens -DPOLLERS=2
right tokens-alike readiness safety $tokens -DALIKE -DPOLLERS=2
right tokens-updaters readiness safety $tokens -DUPDATERS=2 -DSLOTS=4 -DSETS=1
right level readiness safety $tokens -DEARLY -DOPTION1=LEVEL_ONESHOT \
    -DOPTION2=LEVEL -DOPTION3=EDGE_ONESHOT
right foreign-bits readiness safety $tokens -DVALUE=64
right lifetime readiness safety -DLIFETIME -DEARLY -DSETS=1
right lifetime-late readiness safety $life -DUPDATERS=1
right lifetime-two readiness safety -DNODES=2 -DOWN -DLIFETIME -DEARLY \
    -DSETS=1 -DPOLLERS=1
right parts readiness safety $parts -DUPDATES=2 -DPOLLERS=2
right parts-level readiness safety $parts -DOPTION1=LEVEL \
    -DOPTION2=LEVEL_ONESHOT -DOPTION3=LEVEL
# two producers, an updater, a destroyer, two pollers, and the end of the poll
right everything readiness safety -DTOKENS -DUPDATERS=1 -DUPDATES=2 -DLIFETIME

wrong producer-looks-first readiness safety $sleep -DBUG_SIGNAL_FIRST
wrong consumer-looks-first readiness safety $sleep -DBUG_LOOK_FIRST
wrong empty-by-head-alone readiness safety $sleep -DBUG_HEAD_ONLY
wrong unfinished-push-is-the-end readiness safety $sleep -DBUG_CUT
wrong sleep-mark-stays readiness safety $sleep -DBUG_NO_WAKE_UP
wrong read-slot-stays readiness safety $tokens -DBUG_READ_STUCK
wrong slot-being-read readiness safety $tokens -DALIKE -DBUG_SLOT_READ
wrong slot-in-force readiness safety $tokens -DBUG_SLOT_WRITE
wrong slot-of-another readiness safety $tokens -DUPDATERS=2 -DSLOTS=4 \
    -DBUG_CLAIMS
wrong take-does-not-compare readiness safety $tokens -DBUG_TAKE_BLIND
wrong bits-above-interest readiness safety $tokens -DVALUE=64 -DBUG_UNMASKED
wrong level-oneshot-stays-armed readiness safety $tokens -DEARLY \
    -DOPTION1=LEVEL_ONESHOT -DBUG_ONESHOT
wrong finished-level-for-ever readiness safety $parts -DOPTION1=LEVEL \
    -DBUG_FINAL_LEVEL
wrong finished-is-taken-away readiness safety $parts -DBUG_REMOVE_FINAL
wrong not-queued-before-read readiness safety $life -DBUG_CLEAR_FIRST
wrong unref-frees-queued readiness safety $life -DBUG_UNREF_FREES
wrong unref-does-not-reap readiness safety $life -DBUG_UNREF_NO_REAP
wrong take-forgets-orphan readiness safety $life -DBUG_TAKE_LEAK
wrong closed-after-reaping readiness safety $life -DBUG_CLOSE_LATE
wrong register-without-reference readiness safety $life -DUPDATERS=1 \
    -DBUG_BIND_NO_REF

# ---- gate.pml

right gate gate safety -DROUNDS=3
right gate-deadlines gate safety -DROUNDS=3 -DTIMEOUTS=3
right gate-no-deadlines gate safety -DROUNDS=3 -DTIMEOUTS=0
right gate-for-ever gate liveness -DFOREVER -DTIMEOUTS=0

wrong gate-granted-too-late gate safety -DBUG_LATE_GRANT
wrong gate-late-stays-listed gate safety -DBUG_LATE
wrong gate-last-in-first-out gate safety -DBUG_LIFO
wrong gate-state-stays-queued gate safety -DBUG_STATE
wrong gate-leave-does-not-swap gate safety -DBUG_LEAVE
wrong gate-leave-looks-unlocked gate safety -DBUG_LEAVE_EMPTY

# ---- channel.pml

grows='-DRINGS=2 -DLIMIT=2'

right channel channel safety
right channel-level channel safety -DMESSAGES=3 -DLEVEL
right channel-batch channel safety -DBATCH
right channel-three channel safety -DSENDERS=3 -DMESSAGES=1
right channel-room channel safety -DLIMIT=2
right channel-leave channel safety -DLEAVE
right channel-leave-three channel safety -DLEAVE -DSENDERS=3 -DMESSAGES=1
right channel-cancel channel safety -DCANCEL
right channel-cancel-three channel safety -DCANCEL -DSENDERS=3 -DMESSAGES=1
right channel-wait channel safety -DWAIT
right channel-wait-three channel safety -DWAIT -DSENDERS=3 -DMESSAGES=1
right channel-close channel safety -DCLOSE
right channel-close-level channel safety -DCLOSE -DLEVEL -DMESSAGES=2
right channel-close-three channel safety -DCLOSE -DSENDERS=3 -DMESSAGES=1
right channel-grows channel safety $grows
right channel-grows-level channel safety -DRINGS=3 -DLEVEL
right channel-grows-wait channel safety $grows -DWAIT
right channel-grows-close channel safety $grows -DCLOSE
right channel-grows-leave channel safety $grows -DLEAVE

wrong channel-cleared-after-the-look channel safety -DBUG_CLEAR_LATE
wrong channel-not-readable-again channel safety -DLEVEL -DBUG_NOT_ADDED_AGAIN
wrong channel-claimed-is-empty channel safety -DBUG_LOOK_AT_CELLS
wrong channel-short-of-a-claimed-one channel safety -DBATCH -DBUG_SHORT
wrong channel-end-untold channel safety -DBUG_END_UNTOLD
wrong channel-end-twice channel safety -DBUG_END_TWICE
wrong channel-wanted-after-the-attempt channel safety -DBUG_WANTED_LATE
wrong channel-room-after-the-look channel safety -DBUG_ROOM_LATE
wrong channel-next-is-not-woken channel safety -DSENDERS=3 -DMESSAGES=1 \
    -DBUG_NO_NEXT
wrong channel-cancelled-keeps-its-wake channel safety -DCANCEL -DSENDERS=3 \
    -DMESSAGES=1 -DBUG_CANCEL_KEEPS_WAKE
wrong channel-bell-is-awaited-late channel safety -DWAIT -DBUG_AWAITED_LATE
wrong channel-ends-twice channel safety -DCLOSE -DBUG_ENDS_TWICE
wrong channel-closes-an-empty-one-untold channel safety -DCLOSE \
    -DBUG_CLOSE_QUIETLY
wrong channel-leaves-quietly channel safety -DLEAVE -DBUG_LEAVE_QUIETLY
wrong channel-moved-without-flags channel safety -DRINGS=3 -DBUG_MOVED_FLAGS
wrong channel-follows-early channel safety -DRINGS=3 -DBUG_FOLLOW_EARLY

exit $failed
