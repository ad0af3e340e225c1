#!/bin/sh
# SPDX-License-Identifier: MIT
# bench/instructions.sh [WORKLOAD]...: counts the instructions in user space of
# one iteration with callgrind, and prints rows as for MIO_BENCH_CSV. Run it in
# the build folder, with LIBTOOL in the environment; make does. bench/workloads
# says how and for which cases; MIO_BENCH_QUICK leaves out the long ones.
set -eu

here=$(dirname "$0")
: "${LIBTOOL=./libtool}"
export LIBTOOL
tab=$(printf '\t')

# counted HOW CONTESTANT TIMES PROGRAM [CASE]: the instructions of one run
counted() {
	collect=
	[ "$1" = whole ] || collect=--toggle-collect=bench_measured
	# shellcheck disable=SC2086 # LIBTOOL may have arguments
	MIO_BENCH_CONTESTANT=$2 MIO_BENCH_TIMES=$3 $LIBTOOL --silent \
	    --mode=execute valgrind --tool=callgrind --fair-sched=try $collect \
	    --callgrind-out-file=/dev/null "$4" "$5" 2>&1 |
	    sed -n 's/.*Collected : *//p'
}

# once HOW WORKLOAD CASE PARAMETER NUMBER NAME: prints the row of a contestant
once() {
	argument=$3${4:+/$4}
	case $1 in
	run)
		times=${MIO_BENCH_QUICK:+200}
		times=${times:-1000}
		sum=$(counted "$1" "$5" "$times" "bench/$2" "$argument")
		each=$(((sum + times / 2) / times))
		;;
	whole)
		few=$(counted "$1" "$5" 5000 "bench/$2" "$argument")
		many=$(counted "$1" "$5" 15000 "bench/$2" "$argument")
		each=$(((many - few + 5000) / 10000))
		;;
	esac
	echo "$2,$3,$4,$6,,instructions,1,$each"
}

# timers NUMBER: one round, by the instructions of the functions that are cases.
timers() {
	count=100000
	name=$(MIO_BENCH_CONTESTANT=$1 bench/timers) || return 0
	out=$(mktemp)
	# shellcheck disable=SC2086
	MIO_BENCH_CONTESTANT=$1 $LIBTOOL --silent --mode=execute valgrind \
	    --tool=callgrind --callgrind-out-file="$out" \
	    bench/timers $count >/dev/null 2>&1
	callgrind_annotate --auto=no --inclusive=yes --threshold=100 "$out" |
	    awk -v name="$name" -v count=$count '
		match($0, /:case_[a-z_]*/) {
			what = substr($0, RSTART + 6, RLENGTH - 6)
			gsub(/_/, "-", what)
			gsub(/,/, "", $1)
			gsub(/,/, ":", name)
			n = what == "next" ? 6001 : count
			printf "timers,%s,%d,%s,,instructions,1,%d\n", what, count,
			    name, $1 / n + 0.5
		}'
	rm -f "$out"
}

# jobs WORKLOAD HOW CASES: prints a job a line, its fields with tabs
jobs() {
	if [ "$2" = own ]; then
		for i in 0 1 2 3 4 5 6 7; do
			printf 'timers\t%s\n' $i
		done
		return
	fi
	MIO_BENCH_LIST=1 "bench/$1" | awk -F, -v how="$2" -v cases="^($3)$" '
		$2 ~ cases || $2 "/" $3 ~ cases {
			print "once\t" how "\t" $1 "\t" $2 "\t" $3 "\t" $4 "\t" $5
		}'
}

if [ "${1-}" = --job ]; then
	# an empty field must stay one, which the shell does not do with tabs
	job=$(printf %s "$2" | tr '\t' ',')
	IFS=,
	# shellcheck disable=SC2086
	set -f -- $job
	unset IFS
	"$@"
	exit
fi

grep -v '^#' "$here/workloads.tsv" |
while IFS=$tab read -r workload _ _ _ how cases _; do
	if [ "$how" = - ] || [ ! -x "bench/$workload" ]; then
		continue
	fi
	if [ -n "${MIO_BENCH_QUICK-}" ] && [ "$how" != run ]; then
		continue
	fi
	case " $* " in *" $workload "* | '  ') ;; *) continue ;; esac
	jobs "$workload" "$how" "$cases"
done | tr '\n' '\0' |
    xargs -0 -P "$(getconf _NPROCESSORS_ONLN)" -n 1 sh "$0" --job
