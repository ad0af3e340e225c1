# SPDX-License-Identifier: MIT
# Reads results.csv and prints a line for each contestant of each case, with
# tabs between the fields: workload, case, parameter, contestant, version, unit,
# rounds, median, least, ratio, instructions. The ratio is the cost in relation
# to the first contestant: less is better, also where the unit ends in "/s". It
# is "-" if the first contestant has no cost. Instructions are "-" if they were
# not counted.

BEGIN { FS = ","; OFS = "\t" }

FNR == 1 && $1 == "workload" { next }

$6 == "instructions" {
	instructions[$1 SUBSEP $2 SUBSEP $3 SUBSEP $4] = $8
	next
}

{
	contest = $1 SUBSEP $2 SUBSEP $3 SUBSEP $6
	line = contest SUBSEP $4
	if (!(line in rounds)) {
		lines[++count] = line
		of_contest[count] = contest
		head[count] = $1 OFS $2 OFS $3 OFS $4 OFS $5 OFS $6
		subject[count] = $1 SUBSEP $2 SUBSEP $3 SUBSEP $4
	}
	value[line, ++rounds[line]] = $8 + 0
}

# Sorts the values of a line, which are few.
function sort(line,    i, j, moved) {
	for (i = 2; i <= rounds[line]; i++) {
		moved = value[line, i]
		for (j = i; j > 1 && value[line, j - 1] > moved; j--)
			value[line, j] = value[line, j - 1]
		value[line, j] = moved
	}
}

END {
	for (i = 1; i <= count; i++) {
		line = lines[i]
		contest = of_contest[i]
		sort(line)
		n = rounds[line]
		median = n % 2 ? value[line, (n + 1) / 2] : \
		    (value[line, n / 2] + value[line, n / 2 + 1]) / 2
		if (!(contest in first))
			first[contest] = median
		split(contest, part, SUBSEP)
		if (part[4] ~ /\/s$/)
			ratio = median > 0 ? first[contest] / median : "-"
		else
			ratio = first[contest] > 0 ? median / first[contest] : "-"
		counted = subject[i] in instructions ? \
		    instructions[subject[i]] : "-"
		print head[i], n, median, value[line, 1], ratio, counted
	}
}
