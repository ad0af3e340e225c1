# SPDX-License-Identifier: MIT
# awk -v workload=NAME -v noun=WHAT -f names.awk -f table.awk medians.tsv
# Prints the tables of a workload. Cases that have the same contestants share a
# table: as columns if they have no parameter, else as rows.

BEGIN { FS = "\t"; LEAST_ROWS = 4 }

$1 != workload { next }

{
	series = $2 SUBSEP $6
	cell = series SUBSEP $3 SUBSEP $4
	if (!(series in known)) {
		known[series] = 1
		order[++series_count] = series
		name[series] = $2
		unit[series] = $6
	}
	if (!((series, $3) in has_parameter)) {
		has_parameter[series, $3] = 1
		parameters[series] = parameters[series] SUBSEP $3
	}
	if (!((series, $4) in has_contestant)) {
		has_contestant[series, $4] = 1
		contestants[series] = contestants[series] SUBSEP $4
		contestant_count[series]++
	}
	text[cell] = shown($8) " (" shown_ratio($10) ")"
	if ($11 != "-") {
		instructions[cell] = $11
		counted[series, $3] = 1
	}
}

function group_of(series) {
	if (parameters[series] == SUBSEP)
		return "-" contestants[series]
	if (contestant_count[series] < LEAST_ROWS)
		return unit[series] parameters[series] SUBSEP "-" \
		    contestants[series]
	return series
}

# Adds a column to the table that is being made.
function add_column(of_series, parameter, title) {
	column_series[++columns] = of_series
	column_parameter[columns] = parameter
	column_title[columns] = title
	if ((of_series, parameter) in counted)
		with_instructions[columns] = 1
}

function print_head(first,    i, line, rule) {
	line = "| " first " |"
	rule = "| --- |"
	for (i = 1; i <= columns; i++) {
		line = line " " column_title[i] " |"
		rule = rule " --: |"
		if (i in with_instructions) {
			line = line " instructions |"
			rule = rule " --: |"
		}
	}
	print "\n" line "\n" rule
}

# Prints the rows of the contestants; of_series replaces that of the columns.
function print_rows(list, of_series, prefix,    who, n, i, j, cell, line) {
	n = split(substr(list, 2), who, SUBSEP)
	for (i = 1; i <= n; i++) {
		line = "| " prefix who[i] " |"
		for (j = 1; j <= columns; j++) {
			cell = (of_series == "" ? column_series[j] : of_series) \
			    SUBSEP column_parameter[j] SUBSEP who[i]
			line = line " " (cell in text ? text[cell] : "") " |"
			if (j in with_instructions)
				line = line " " instructions[cell] " |"
		}
		print line
	}
}

function clear() {
	columns = 0
	split("", with_instructions)
}

# Cases without a parameter are columns, four in a table.
function print_plain(group,    i, list) {
	clear()
	for (i = 1; i <= series_count; i++) {
		if (group_of(order[i]) != group)
			continue
		list = contestants[order[i]]
		add_column(order[i], "", name[order[i]] ", " unit[order[i]])
		if (columns == 4) {
			print_head("")
			print_rows(list, "", "")
			clear()
		}
	}
	if (columns > 0) {
		print_head("")
		print_rows(list, "", "")
	}
}

# Parameters are columns, and each case has rows for its contestants.
function print_growth(group, first,    n, value, i, title) {
	clear()
	n = split(substr(parameters[first], 2), value, SUBSEP)
	for (i = 1; i <= n; i++)
		add_column(first, value[i], whole(value[i]))
	if (group == first)
		title = "**" name[first] "**, "
	print_head(title unit[first] ", by " noun)
	for (i = 1; i <= series_count; i++)
		if (group_of(order[i]) == group)
			print_rows(contestants[order[i]], order[i],
			    group == first ? "" : name[order[i]] ", ")
}

END {
	for (i = 1; i <= series_count; i++) {
		group = group_of(order[i])
		if (group in printed)
			continue
		printed[group] = 1
		if (parameters[order[i]] == SUBSEP)
			print_plain(group)
		else
			print_growth(group, order[i])
	}
}
