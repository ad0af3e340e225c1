# SPDX-License-Identifier: MIT
# awk -v workload=NAME -v title=TITLE -f names.awk -f bars.awk medians.tsv
# Prints a gnuplot script: a bar for the ratio of each contestant, except the
# first one of each case, whose ratio is 1. Of a case with parameters, the bars
# show the largest one with the most contestants if all would be too many.

BEGIN { FS = "\t"; MOST = 64 }

$1 != workload { next }

{
	series = $2 SUBSEP $6
	if (!(series in series_first)) {
		series_first[series] = 1
		order[++series_count] = series
	}
	count[series, $3]++
	if (count[series, $3] >= count[series, best[series]])
		best[series] = $3
	lines++
	of_series[lines] = series
	parameter[lines] = $3
	case_name[lines] = $2
	contestant[lines] = $4
	family[lines] = library($4, $5)
	unit[lines] = $6
	ratio[lines] = $10
	is_first[lines] = count[series, $3] == 1
	if (!($2 in one_unit))
		one_unit[$2] = $6
	else if (one_unit[$2] != $6)
		many_units[$2] = 1
	if (!is_first[lines] && $10 != "-" && $10 > 0)
		bars++
}

function label(i,    text) {
	text = case_name[i]
	if (parameter[i] != "")
		text = text "/" whole(parameter[i])
	if (case_name[i] in many_units)
		text = text ", " unit[i]
	return text ": " contestant[i]
}

function escaped(text) {
	gsub(/"/, "'", text)
	return text
}

END {
	print "$bars << END"
	low = high = 1
	for (i = 1; i <= lines; i++) {
		if (is_first[i] || ratio[i] == "-" || ratio[i] <= 0)
			continue
		if (bars > MOST && parameter[i] != best[of_series[i]])
			continue
		group = of_series[i] SUBSEP parameter[i]
		if (row > 0 && group != last)
			row += 0.6
		last = group
		row++
		if (ratio[i] < low) low = ratio[i]
		if (ratio[i] > high) high = ratio[i]
		value = color(family[i])
		sub(/#/, "0x", value)
		printf "%g\t%g\t%s\t\"%s\"\t%s\n", row, ratio[i], value,
		    escaped(label(i)), shown_ratio(ratio[i])
	}
	print "END"
	printf "rows = %g\nlow = %g\nhigh = %g\n", row, low, high
	printf "heading = \"%s: cost relative to the first contestant\"\n", title
}
