# SPDX-License-Identifier: MIT
# Prints the index by name, from lines of names_index.awk that are sorted.

BEGIN {
	FS = "\t"
	print "<h1>Every call by name</h1>"
	print "<dl class=\"names\">"
}
{
	printf "<div><dt><a href=\"%s\">%s<span class=\"part\">(%s)</span></a>" \
	    "<dd>%s</div>\n", $3, $1, $2, $4
}
END { print "</dl>" }
