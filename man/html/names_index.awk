# SPDX-License-Identifier: MIT
# Prints a line for each name of each page: the name, its address, and the
# description of its page.

$1 == "page" {
	n = split($3, name, " ")
	part = substr($2, length($2))
	for (i = 1; i <= n; i++)
		print name[i] "\t" part "\t" $2 ".html" \
		    (i == 1 ? "" : "#proto-" name[i]) "\t" $4
}
