#!/bin/sh
# SPDX-License-Identifier: MIT
# bench/suite.sh full|quick [WORKLOAD]...: runs the programs that make has built,
# in the build folder, and leaves bench/results/ there:
#
#   results.csv    a row for each round of each contestant
#   results.md     tables of the medians
#   plots/         bars of the ratios and curves of growth, as SVG and PNG
#   *.txt, *.md    the text of each program, and the tables of each workload
#
# RESULTS in the environment is another folder for this, and MISSING names the
# peers that configure has not found.
set -eu

mode=${1-full}
[ $# -eq 0 ] || shift
wanted=$*
here=$(dirname "$0")
out=${RESULTS-bench/results}
tab=$(printf '\t')
kernel=$(uname -r)
: "${MISSING=}" "${CC=cc}"

say() {
	echo "bench: $*" >&2
}

has() {
	command -v "$1" >/dev/null 2>&1
}

# workloads: the lines of those that are wanted
workloads() {
	grep -v '^#' "$here/workloads.tsv" | while IFS=$tab read -r name rest; do
		case " $wanted " in
		'  ' | *" $name "*)
			[ ! -x "bench/$name" ] ||
			    printf '%s\t%s\n' "$name" "$rest"
			;;
		esac
	done
}

# expected: the seconds that all of it takes
expected() {
	workloads | awk -F '\t' -v quick="${MIO_BENCH_QUICK-}" \
	    -v valgrind="$(has valgrind && echo 1)" '
		{ sum += quick ? $4 : $3 }
		END { print sum + (valgrind ? quick ? 15 : 120 : 0) }'
}

machine() {
	echo '| | |'
	echo '| --- | --- |'
	echo "| processor | $(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo |
	    sed 1q), $(getconf _NPROCESSORS_ONLN) of them |"
	echo "| kernel | $(uname -s) $kernel, $(uname -m) |"
	echo "| compiler | $($CC --version | sed 1q) |"
	rounds=$(awk -F '\t' '$7 > most { most = $7 } END { print most }' \
	    "$out/medians")
	echo "| run | $mode, $rounds rounds, $(date -u +%Y-%m-%d), $elapsed s |"
	echo "| load | $load before |"
	echo "| versions | $(awk -F '\t' -v kernel="$kernel" \
	    -f "$here/names.awk" -f "$here/versions.awk" "$out/medians") |"
	[ -z "$MISSING" ] || echo "| missing | $MISSING |"
}

run_all() {
	workloads | while IFS=$tab read -r name _; do
		"bench/$name" >"$out/$name.txt" </dev/null || {
			say "bench/$name failed"
			echo "$name" >>"$out/failed"
		}
	done
	[ ! -t 2 ] || echo >&2
}

count_all() {
	if ! has valgrind; then
		say "no valgrind: instructions are not counted"
		return
	fi
	say "counting instructions, $(($(date +%s) - started)) s of about" \
	    "$expected s"
	# shellcheck disable=SC2046
	"$here/instructions.sh" $(workloads | cut -f 1) >>"$out/results.csv" || {
		say "the instructions could not be counted"
		echo instructions >>"$out/failed"
	}
}

# with SCRIPT [ASSIGNMENT]...: runs an awk program on the medians
with() {
	script=$1
	shift
	awk -v kernel="$kernel" "$@" -f "$here/names.awk" -f "$here/$script.awk" \
	    "$out/medians"
}

# draw NAME SCRIPT DATA: makes an SVG and a PNG
draw() {
	for format in svg png; do
		gnuplot -e "data='$3'; format='$format'" \
		    -e "to='$out/plots/$1.$format'" "$here/$2.gp" || return
		# no file is made if there is nothing to draw
		[ -s "$out/plots/$1.$format" ] || rm -f "$out/plots/$1.$format"
	done
}

# plot WORKLOAD NOUN TITLE
plot() {
	with bars -v workload="$1" -v title="$3" >"$out/bars.tmp" &&
	    draw "$1" bars "$out/bars.tmp" &&
	    with growth -v workload="$1" -v title="$3" -v noun="$2" \
		-v panel_file="$out/panels.tmp" >"$out/growth.tmp" &&
	    draw "$1-growth" growth "$out/growth.tmp" &&
	    rm -f "$out"/*.tmp
}

tables() {
	awk -f "$here/median.awk" "$out/results.csv" >"$out/medians"
	workloads | while IFS=$tab read -r name noun _ _ _ _ title; do
		if has gnuplot; then
			plot "$name" "$noun" "$title" </dev/null ||
			    echo "plots of $name" >>"$out/failed"
		fi
		{
			for plot in "$name" "$name-growth"; do
				[ ! -e "$out/plots/$plot.svg" ] ||
				    printf '\n![%s](plots/%s.svg)\n' "$title" "$plot"
			done
			with table -v workload="$name" -v noun="$noun" </dev/null
		} >"$out/$name.md"
	done
	with behind >"$out/behind.md"
	awk -v kernel="$kernel" -f "$here/names.awk" -f "$here/overview.awk" \
	    "$here/overview.tsv" "$out/medians" >"$out/overview.md"
	elapsed=$(($(date +%s) - started))
	machine >"$out/machine.md"
}

results() {
	echo '# What libmio costs, beside other libraries'
	echo
	cat "$out/machine.md"
	echo
	echo 'A cell is the median, and in parentheses its ratio to the first row:'
	echo 'less is better.'
	workloads | while IFS=$tab read -r name _ _ _ _ _ title; do
		printf '\n## %s\n' "$title"
		cat "$out/$name.md"
	done
	printf '\n## Where libmio is behind\n\n'
	cat "$out/behind.md"
}

main() {
	case $mode in
	full) ;;
	quick) export MIO_BENCH_QUICK=1 ;;
	*)
		echo "usage: $0 full|quick [WORKLOAD]..." >&2
		exit 2
		;;
	esac

	rm -rf "$out"
	mkdir -p "$out/plots"
	echo "$mode" >"$out/mode"
	started=$(date +%s)
	expected=$(expected)
	load=$(cut -d ' ' -f 1-3 /proc/loadavg 2>/dev/null || echo unknown)
	export MIO_BENCH_CSV="$out/results.csv"
	export MIO_BENCH_PROGRESS="$started $expected"

	[ -z "$MISSING" ] || say "not installed, left out: $MISSING"
	has gnuplot || say "no gnuplot: there will be no plots"
	run_all
	count_all
	tables
	results >"$out/results.md"

	say "$out/results.md and $out/results.csv, after $elapsed s"
	if [ -e "$out/failed" ]; then
		say "failed: $(tr '\n' ' ' <"$out/failed")"
		exit 1
	fi
}

# The shell has read everything before it begins, so that a change of this file
# while it runs does no harm.
main; exit
