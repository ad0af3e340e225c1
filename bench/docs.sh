#!/bin/sh
# SPDX-License-Identifier: MIT
# bench/docs.sh RESULTS SOURCE: copies the results of a full run into the source.
# In README.md and docs/performance.md, what stands between the lines
#     <!-- bench NAME -->   and   <!-- bench end -->
# is replaced by the file NAME.md of the results.
set -eu

results=$1
source=$2

if [ ! -e "$results/results.md" ]; then
	echo "bench-docs: no results; run make bench first" >&2
	exit 1
fi
if [ "$(cat "$results/mode")" != full ] || [ -e "$results/failed" ]; then
	echo "bench-docs: the last run was not a full one; run make bench" >&2
	exit 1
fi

for file in README.md docs/performance.md; do
	awk -v results="$results" '
		/^<!-- bench end -->$/ { skip = 0 }
		!skip { print }
		/^<!-- bench [a-z]+ -->$/ && $3 != "end" {
			file = results "/" $3 ".md"
			lines = 0
			while ((getline line <file) > 0) {
				print line
				lines++
			}
			if (lines == 0) {
				print "bench-docs: " file " is missing" >"/dev/stderr"
				exit 1
			}
			skip = 1
		}' "$source/$file" >"$results/docs.tmp"
	cat "$results/docs.tmp" >"$source/$file"
	rm "$results/docs.tmp"
done
mkdir -p "$source/docs/plots"
rm -f "$source"/docs/plots/*.svg
cp "$results"/plots/*.svg "$source/docs/plots"
echo "bench-docs: README.md and docs/performance.md have the new results" >&2
