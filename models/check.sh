#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes Spin search every schedule of the models next to this script. A
# configuration without BUG_ must be searched to its end without an error; in one
# with BUG_, the mistake must be found. The work is done in a directory that the
# script creates in the current one.
#
#	models/check.sh [NAME ...]	only the configurations of these names
set -eu

models=$(cd "$(dirname "$0")" && pwd)
CC=${CC:-cc}
part=${MIO_MODELS_PART:-0/1} # NUMBER/PARTS: run one of so many configurations
work=$PWD/models.tmp.${part%/*}
failed=0
count=0
only=" $* "

command -v spin >/dev/null || {
	echo "spin is needed: the package spin, or https://spinroot.com/" >&2
	exit 1
}
command -v "${CC%% *}" >/dev/null || {
	echo "a C compiler is needed: there is no $CC" >&2
	exit 1
}

# Runs all configurations, two at a time, which need up to a gigabyte each.
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

# search NAME MODEL safety|reversed|liveness -D...: writes the log of the search
search() {
	dir=$work/$1
	model=$models/$2.pml
	kind=$3
	mkdir "$dir"
	shift 3
	case $kind in
	safety) build='-DSAFETY' run='' ;;
	reversed) build='-DSAFETY -DREVERSE' run='' ;; # the first process first
	liveness) build='-DNFAIR=3' run='-a -f' ;;
	esac

	(
		cd "$dir"
		spin "$@" -a "$model" &&
		    $CC $optimize -w $build -DCOLLAPSE -DMEMLIM=3500 -o pan pan.c &&
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
	optimize=-O2
	if ! search "$@"; then
		fail "$1" 'Spin did not run'
	elif ! grep -q 'errors: 0$' "$work/$1/log"; then
		fail "$1" 'has an error'
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
	optimize=-O0 # the search is shorter than an optimized build
	search "$@" || :
	if grep -qE 'errors: [1-9]' "$work/$1/log" &&
	    grep -qE 'assertion violated|invalid end state|acceptance cycle' \
	    "$work/$1/log"; then
		echo "$1: $(states "$1") states, the mistake was found"
	else
		fail "$1" 'the mistake was not found'
	fi
	rm -rf "${work:?}/$1"
}

# ---- core.pml

small='-DNAPS=0 -DKERNEL=0 -DROUNDS=1'
level="$small -DPRODUCERS=1 -DLEVELS=1"
cancel="$small -DPRODUCERS=1 -DCANCELS=1"
armed="$small -DPRODUCERS=1 -DPOLLERS=1 -DARM"
timer="$small -DPRODUCERS=0 -DTIMERS=1"
timers="$small -DPRODUCERS=0 -DTIMERS=2"
close="$small -DPRODUCERS=1 -DPOLLERS=0 -DARM -DCLOSE"
users='-DUSERS=1 -DOPS=1'
# a thread that polls without waiting consumes the wake for the waiter
refused_look="-DREFUSED -DPOLLERS=1 -DLOOKERS=1 -DCAPACITY=2 $users -DEND=2
    -DSOONER -DEXACT"
# one thread sets the alarm while another one changes a timeout and finds that
# the only waiter has left
leaves='-DPOLLERS=1 -DROUNDS=2 -DNAPS=1 -DUSERS=2 -DOPS=1 -DEND=2 -DEXACT'

right core core safety $small -DNAPS=1
right core-twice core safety -DPRODUCERS=1
right core-three core safety $small -DPOLLERS=3 -DPRODUCERS=1
right core-level core safety $level -DROUNDS=2
right core-level-edge core safety $level -DPRODUCERS=2
right core-room-for-two core safety $small -DCAPACITY=2
right core-cancelled core safety $cancel -DPRODUCERS=2
right core-look core safety $small -DPOLLERS=1 -DLOOKERS=1
right core-armed core safety $armed -DKERNEL=1
right core-closed core safety $close -DPRODUCERS=2
right core-closed-poller core safety $close -DPOLLERS=1
right core-closed-timer core safety $close -DPRODUCERS=0 -DTIMERS=1 $users
right core-timer core safety $timer -DPOLLERS=2
right core-timer-two core safety $timers -DPOLLERS=2
right core-timer-queue core safety $timer -DPOLLERS=2 -DPRODUCERS=1
right core-timer-cancelled core safety $timer -DPOLLERS=2 -DCANCELS=1
right core-timer-armed core safety $timer -DPOLLERS=1 -DARM
right core-timer-set core safety $timer -DPOLLERS=1 -DUSERS=1
right core-timer-set-two core safety $timer -DPOLLERS=2 $users -DEND=2 \
    -DSOONER -DEXACT
right core-timer-set-armed core safety $timer -DPOLLERS=0 -DARM -DUSERS=1
right core-timer-early core safety $timer -DPOLLERS=2 -DEARLY
right core-timer-early-two core safety $timers -DPOLLERS=1 -DEARLY
right core-timer-early-set core safety $timer -DPOLLERS=1 -DEARLY $users \
    -DEND=2 -DSOONER -DEXACT
right core-timer-early-armed core safety $timer -DPOLLERS=1 -DEARLY -DARM
right core-timer-early-cancelled core safety $timer -DPOLLERS=2 -DEARLY \
    -DCANCELS=1
right core-timer-leaves core safety $timer $leaves
right core-timer-look core safety $timer -DPOLLERS=1 -DLOOKERS=1
right core-timer-set-look core safety $timer -DPOLLERS=1 -DLOOKERS=1 $users \
    -DEND=2 -DSOONER -DEXACT
right core-timer-registered core safety $timer -DPOLLERS=1 -DREGISTRARS=2
right core-timer-destroyed core safety $timer -DPOLLERS=1 -DTIMERS=2 $users \
    -DDESTROYER
right core-no-alarm core safety $timer -DNOALARM -DPOLLERS=2 -DNAPS=1
right core-no-alarm-two core safety $timers -DNOALARM -DPOLLERS=2
right core-no-alarm-set core safety $timer -DNOALARM -DPOLLERS=2 $users \
    -DNAPS=1 -DEND=2 -DSOONER -DEXACT
right core-no-alarm-look core safety $timer -DNOALARM -DPOLLERS=1 -DLOOKERS=1
right core-no-alarm-cancelled core safety $timer -DNOALARM -DPOLLERS=2 \
    -DCANCELS=1
right core-no-alarm-registered core safety $timer -DNOALARM -DPOLLERS=1 \
    -DREGISTRARS=2
right core-alarm-refused core safety $timer -DREFUSED -DPOLLERS=2
right core-alarm-refused-look core safety $timer $refused_look
right core-alarm-refused-set core safety $timer -DREFUSED -DPOLLERS=1 -DUSERS=1

wrong core-producer-looks-first core safety $small -DBUG_WAKE_FIRST
wrong core-announced-after-the-look core safety $small -DBUG_LOOK_FIRST
wrong core-signalled-stays core safety $small -DBUG_SIGNALLED_STAYS
wrong core-signal-taken-after-the-look core safety $small \
    -DBUG_SIGNAL_TAKEN_LATE
wrong core-signalled-and-not-written core safety $small -DBUG_WAKE_IS_LOST
wrong core-not-passed-on core safety $small -DBUG_NOT_PASSED_ON
wrong core-level-left-behind core safety $level -DBUG_NOT_PASSED_ON
wrong core-left-untold core safety $small -DBUG_LEFT_UNTOLD
wrong core-wakes-before-letting-go core safety $small -DBUG_WAKES_INSIDE
wrong core-waiters-before-letting-go core safety $small -DBUG_WAITERS_FIRST
wrong core-two-collectors core safety $small -DBUG_ENTER_TORN
wrong core-full-array-stays-away core safety $small -DPRODUCERS=1 -DKERNEL=1 \
    -DBUG_FULL_ARRAY_STAYS_AWAY
wrong core-cancelled-quietly core safety $cancel -DBUG_CANCELLED_QUIETLY
wrong core-cancelled-with-the-alarm core safety $timer -DPOLLERS=2 -DCANCELS=1 \
    -DBUG_CANCELLED_WITH_THE_ALARM
wrong core-cancelled-with-events core safety $cancel -DCAPACITY=2 \
    -DBUG_CANCELLED_WITH_EVENTS
wrong core-wake-taken-late core reversed $armed -DPRODUCERS=2 \
    -DBUG_WAKE_TAKEN_LATE
wrong core-wake-taken-for-good core safety $armed -DBUG_WAKE_TAKEN_FOR_GOOD
wrong core-waker-closed-early core safety $close -DBUG_WAKER_CLOSED_EARLY
wrong core-close-does-not-discard core safety $close \
    -DBUG_CLOSE_DOES_NOT_DISCARD
wrong core-held-stays-away core reversed $small -DPRODUCERS=1 -DLOOKERS=1 \
    -DKERNEL=1 -DBUG_HELD_STAYS_AWAY
wrong core-visit-forgets-the-alarm core safety $timers -DPOLLERS=2 \
    -DBUG_VISIT_FORGETS_THE_ALARM
wrong core-comes-back-quietly core reversed $timer -DNOALARM -DPOLLERS=2 \
    $users -DNAPS=1 -DEND=2 -DSOONER -DEXACT \
    -DBUG_COMES_BACK_QUIETLY
wrong core-refused-quietly core safety $timer -DREFUSED -DPOLLERS=1 $users \
    -DBUG_REFUSED_QUIETLY
wrong core-alarm-without-slack core safety $timer -DPOLLERS=1 -DBUG_NO_SLACK
wrong core-rang-untold core safety $timer -DPOLLERS=1 -DEARLY \
    -DBUG_RANG_UNTOLD
wrong core-cancelled-is-believed core safety $timer -DPOLLERS=2 -DEARLY \
    -DCANCELS=1 -DBUG_CANCELLED_IS_BELIEVED
wrong core-refused-counted-on core safety $timer $refused_look \
    -DBUG_REFUSED_COUNTED_ON
wrong core-alarm-believed core safety $timer -DPOLLERS=1 -DBUG_ALARM_BELIEVED
wrong core-expired-alarm-believed core safety $timers -DPOLLERS=1 -DROUNDS=2 \
    -DBUG_EXPIRED_BELIEVED
wrong core-set-after-the-check core safety $timer $leaves \
    -DBUG_SET_AFTER_THE_CHECK
wrong core-none-by-a-store core safety $timer -DPOLLERS=1 -DUSERS=1 \
    -DBUG_NONE_BY_A_STORE
wrong core-change-unmarked core safety $timer -DPOLLERS=1 $users -DROUNDS=2 \
    -DNAPS=1 -DBUG_UNMARKED_CHANGE
wrong core-change-untold core safety $timer -DPOLLERS=1 $users \
    -DBUG_UNTOLD_CHANGE
wrong core-deregister-unlocked core safety $timer -DPOLLERS=1 -DREGISTRARS=2 \
    -DBUG_DEREGISTER_UNLOCKED
wrong core-destroyed-in-the-list core safety $timer -DPOLLERS=1 $users \
    -DDESTROYER -DBUG_DESTROYED_IN_THE_LIST

# ---- readiness.pml

tokens='-DPRODUCERS=1 -DTOKENS -DUPDATERS=1'
parts='-DPARTS -DPRODUCERS=1 -DUPDATERS=1 -DSETS=3'
life='-DPRODUCERS=1 -DLIFETIME -DEARLY'

right queue readiness safety -DNODES=3 -DPRODUCERS=3
right queue-looked-at readiness safety -DNODES=2 -DKEEP
right tokens readiness safety $tokens -DPRODUCERS=2
right tokens-alike readiness safety $tokens -DALIKE -DUPDATES=4 -DKEEP
right tokens-updaters readiness safety $tokens -DUPDATERS=2
right level readiness safety $tokens -DEARLY -DOPTION1=LEVEL_ONESHOT \
    -DOPTION2=LEVEL -DOPTION3=EDGE_ONESHOT
right foreign-bits readiness safety $tokens -DVALUE=64
right lifetime readiness safety -DLIFETIME -DEARLY
right lifetime-late readiness safety $life -DUPDATERS=1
right lifetime-two readiness safety -DNODES=2 -DLIFETIME -DEARLY -DSETS=1
right lifetime-own readiness safety -DNODES=2 -DOWN -DLIFETIME -DEARLY
right parts readiness safety $parts
right parts-level readiness safety $parts -DOPTION1=LEVEL \
    -DOPTION2=LEVEL_ONESHOT -DOPTION3=LEVEL
right waker readiness safety -DTRIGGER -DLIFETIME -DEARLY
right waker-two readiness safety -DTRIGGER -DLIFETIME -DNODES=2
# two producers, an updater, a destroyer, and a poll that ends at any time
right everything readiness safety -DTOKENS -DUPDATERS=1 -DLIFETIME -DEARLY \
    -DKEEP

wrong taken-by-a-store readiness safety -DNODES=2 -DBUG_TAKEN_BY_A_STORE
wrong read-slot-stays readiness safety $tokens -DALIKE -DUPDATES=4 \
    -DBUG_READ_STUCK
wrong slot-being-read readiness safety $tokens -DALIKE -DBUG_SLOT_READ
wrong slot-in-force readiness safety $tokens -DBUG_SLOT_WRITE
wrong updated-unlocked readiness safety $tokens -DUPDATERS=2 \
    -DBUG_UPDATED_UNLOCKED
wrong take-does-not-compare readiness safety $tokens -DBUG_TAKE_BLIND
wrong keep-does-not-compare readiness safety -DKEEP -DUPDATERS=1 \
    -DBUG_KEEP_BLIND
wrong moved-by-a-store readiness safety $tokens -DPRODUCERS=2 -DBUG_MOVE_BLIND
wrong deregistered-and-reported readiness safety $tokens \
    -DBUG_DEREGISTERED_AND_REPORTED
wrong updated-though-dropped readiness safety $life -DUPDATERS=1 \
    -DBUG_UPDATED_THOUGH_DROPPED
wrong bits-above-interest readiness safety $tokens -DVALUE=64 -DBUG_UNMASKED
wrong level-oneshot-stays-armed readiness safety $tokens -DEARLY \
    -DOPTION1=LEVEL_ONESHOT -DBUG_ONESHOT
wrong oneshot-stays-reported readiness safety -DALIKE -DOPTION1=EDGE_ONESHOT \
    -DBUG_ONESHOT_STAYS
wrong finished-level-for-ever readiness safety $parts -DOPTION1=LEVEL \
    -DBUG_FINAL_LEVEL
wrong finished-is-taken-away readiness safety $parts -DBUG_REMOVE_FINAL
wrong not-queued-before-read readiness safety $life -DBUG_CLEAR_FIRST
wrong unref-frees-queued readiness safety $life -DBUG_UNREF_FREES
wrong take-forgets-orphan readiness safety $life -DBUG_TAKE_FORGETS_ORPHAN
wrong discard-forgets-orphan readiness safety $life \
    -DBUG_DISCARD_FORGETS_ORPHAN
wrong pusher-does-not-discard readiness safety $life \
    -DBUG_PUSHER_DOES_NOT_DISCARD
wrong close-does-not-discard readiness safety $life \
    -DBUG_CLOSE_DOES_NOT_DISCARD
wrong closed-after-the-look readiness safety $life -DBUG_CLOSED_AFTER_THE_LOOK
wrong register-without-reference readiness safety $life -DUPDATERS=1 \
    -DBUG_BIND_NO_REF

# ---- gate.pml

right gate gate safety -DROUNDS=3
right gate-four gate safety -DTHREADS=4 -DCANCELS=2 -DROUNDS=1
right gate-deadlines gate safety -DTIMEOUTS=3
right gate-cancelled gate safety -DTIMEOUTS=0 -DCANCELS=3
right gate-no-deadlines gate safety -DROUNDS=3 -DTIMEOUTS=0 -DCANCELS=0
right gate-for-ever gate liveness -DFOREVER

wrong gate-leaves-quietly gate safety -DBUG_LEAVES_QUIETLY
wrong gate-steps-out-quietly gate safety -DBUG_STEPS_OUT_QUIETLY
wrong gate-cancelled-stays-listed gate safety -DBUG_CANCELLED_STAYS
wrong gate-end-stays-with-the-gone gate safety -DBUG_END_STAYS
wrong gate-last-in-first-out gate safety -DBUG_LAST_IS_FIRST
wrong gate-looks-at-held-alone gate safety -DBUG_HELD_ALONE
wrong gate-wakes-one-of-many gate safety -DBUG_WAKES_ONE

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

wrong channel-cleared-after-the-check channel safety -DBUG_CLEAR_LATE
wrong channel-not-readable-again channel safety -DLEVEL -DBUG_NOT_ADDED_AGAIN
wrong channel-claimed-is-empty channel safety -DBUG_CHECK_CELLS
wrong channel-short-of-a-claimed-one channel safety -DBATCH -DBUG_SHORT
wrong channel-end-unreported channel safety -DBUG_END_UNREPORTED
wrong channel-end-twice channel safety -DBUG_END_TWICE
wrong channel-announced-after-the-attempt channel safety \
    -DBUG_NEEDS_WAKE_LATE
wrong channel-room-after-the-check channel safety -DBUG_ROOM_LATE
wrong channel-next-is-not-woken channel safety -DSENDERS=3 -DMESSAGES=1 \
    -DBUG_NO_NEXT
wrong channel-cancelled-keeps-its-wake channel safety -DCANCEL -DSENDERS=3 \
    -DMESSAGES=1 -DBUG_CANCEL_KEEPS_WAKE
wrong channel-sleeper-prepared-late channel safety -DWAIT \
    -DBUG_PREPARED_LATE
wrong channel-ends-twice channel safety -DCLOSE -DBUG_ENDS_TWICE
wrong channel-closes-an-empty-one-unreported channel safety -DCLOSE \
    -DBUG_CLOSE_QUIETLY
wrong channel-leaves-quietly channel safety -DLEAVE -DBUG_LEAVE_QUIETLY
wrong channel-moved-without-flags channel safety -DRINGS=3 -DBUG_MOVED_FLAGS
wrong channel-follows-early channel safety -DRINGS=3 -DBUG_FOLLOW_EARLY

exit $failed
