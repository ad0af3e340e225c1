# SPDX-License-Identifier: MIT
# Reads one mdoc page. Prints, separated by tabs: "page", its file, its names,
# its description; or for a page of one line "alias", its file, the page's file.

FNR == 1 {
	file = FILENAME
	sub(/.*\//, "", file)
}
FNR == 1 && /^\.so / {
	sub(/.*\//, "")
	print "alias\t" file "\t" $0 "\t-"
	done = 1
	exit
}
/^\.Sh / { in_name = $0 == ".Sh NAME" }
in_name && /^\.Nm / { names = names (names == "" ? "" : " ") $2 }
in_name && /^\.Nd / { description = substr($0, 5) }
END {
	if (!done)
		print "page\t" file "\t" names "\t" description
}
