# SPDX-License-Identifier: MIT
# awk -v kernel=VERSION -f names.awk -f behind.awk medians.tsv
# Prints a table of the cases where another library, or the system calls, cost
# less than the best contestant of libmio, by more than 2 %.

BEGIN { FS = "\t" }

{
	name = $2 ($3 != "" ? "/" whole($3) : "")
	contest = $1 SUBSEP name SUBSEP $6
	if (!(contest in known)) {
		known[contest] = 1
		order[++count] = contest
	}
	cost = $8 + 0
	if ($6 ~ /\/s$/)
		cost = cost > 0 ? 1 / cost : 0
	who = library($4, $5) == "libmio" ? "own" : "other"
	if ($4 ~ /alone$/ && who == "own")
		next
	if (!((contest, who) in best) || cost < best[contest, who]) {
		best[contest, who] = cost
		best_name[contest, who] = $4
		best_text[contest, who] = shown($8) " " $6
	}
}

END {
	for (i = 1; i <= count; i++) {
		c = order[i]
		if (!((c, "own") in best) || !((c, "other") in best) ||
		    best[c, "own"] <= 1.02 * best[c, "other"])
			continue
		if (!lines++)
			print "| workload | case | libmio | less | ratio |\n" \
			    "| --- | --- | --- | --- | --: |"
		split(c, part, SUBSEP)
		ratio = best[c, "other"] > 0 ? \
		    sprintf("%.2f", best[c, "own"] / best[c, "other"]) : "-"
		printf "| %s | %s | %s, %s | %s, %s | %s |\n", part[1], part[2],
		    best_name[c, "own"], best_text[c, "own"],
		    best_name[c, "other"], best_text[c, "other"], ratio
	}
	if (!lines)
		print "There is no such case."
}
