# SPDX-License-Identifier: MIT
# awk -v workload=NAME -v title=TITLE -v noun=WHAT -f names.awk -f growth.awk
#     medians.tsv
# Prints a gnuplot script with a panel for each case that was measured with at
# least three parameters: the cost of each contestant by the parameter.

BEGIN { FS = "\t" }

$1 != workload || $3 == "" { next }

{
	series = $2 SUBSEP $6
	if (!(series in panel_of)) {
		order[++panels] = series
		panel_of[series] = panels
		heading[series] = $2 ", " $6
	}
	if (!((series, $3) in seen)) {
		seen[series, $3] = 1
		parameters[series]++
		if (parameters[series] == 1 || $3 + 0 < least[series])
			least[series] = $3 + 0
		if ($3 + 0 > most[series])
			most[series] = $3 + 0
		tics[series] = tics[series] (parameters[series] > 1 ? ", " : "") $3
	}
	line = series SUBSEP $4
	if (!(line in points)) {
		contestant[series, ++lines[series]] = $4
		family[line] = library($4, $5)
	}
	points[line] = points[line] $3 " " $8 "\n"
}

END {
	for (i = 1; i <= panels; i++) {
		series = order[i]
		if (parameters[series] < 3)
			continue
		shown_panels++
		plots = ""
		split("", used)
		for (j = 1; j <= lines[series]; j++) {
			who = contestant[series, j]
			line = series SUBSEP who
			block = "$d" shown_panels "_" j
			printf "%s << END\n%sEND\n", block, points[line]
			dash = ++used[family[line]]
			plots = plots (j > 1 ? ", " : "") block \
			    " using 1:2 with linespoints pt 7 ps 0.5 lw " \
			    (family[line] == "libmio" ? 2.5 : 1.3) " dt " dash \
			    " lc rgb '" color(family[line]) "' title '" who "'"
		}
		panel = panel "set title '" heading[series] "'\nset xtics (" \
		    tics[series] ")\nset xrange [" least[series] / 1.15 ":" \
		    most[series] * 1.15 "]\nplot " plots "\n"
	}
	rows = int((shown_panels + 1) / 2)
	printf "panels = %d\nrows = %d\n", shown_panels, rows
	printf "heading = '%s'\nnoun = '%s'\n", title, noun
	printf "panel_file = '%s'\n", panel_file
	printf "%s", panel >panel_file
}
