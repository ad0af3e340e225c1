# SPDX-License-Identifier: MIT
# awk -v kernel=VERSION -f names.awk -f overview.awk overview medians.tsv
# Prints the table of README.md. The first file has lines of a workload, a case, a
# parameter, a unit and a title, with tabs. A cell is the first contestant of a
# library, and of mio the best version.

BEGIN {
	FS = "\t"
	columns = split("libmio,bare,libuv,libevent,libev,sd-event,mio", column,
	    ",")
}

/^#/ { next }

FNR == NR {
	order[++count] = $1 SUBSEP $2 SUBSEP $3 SUBSEP $4
	title[count] = $5
	unit[count] = $4
	next
}

{
	name = library($4, $5)
	if (name ~ /^mio /)
		name = "mio"
	cell = $1 SUBSEP $2 SUBSEP $3 SUBSEP $6 SUBSEP name
	measured[$1 SUBSEP $2 SUBSEP $3 SUBSEP $6] = 1
	if (!(cell in value) || name == "mio" &&
	    ($6 ~ /\/s$/ ? $8 > value[cell] : $8 < value[cell]))
		value[cell] = $8 + 0
}

END {
	print "| | unit | libmio | bare calls | libuv | libevent | libev |" \
	    " sd-event | mio |"
	print "| --- | --- | --: | --: | --: | --: | --: | --: | --: |"
	for (i = 1; i <= count; i++) {
		if (!(order[i] in measured))
			continue
		line = "| " title[i] " | " unit[i] " |"
		for (j = 1; j <= columns; j++) {
			cell = order[i] SUBSEP column[j]
			line = line " " (cell in value ? shown(value[cell]) : "-") \
			    " |"
		}
		print line
	}
}
