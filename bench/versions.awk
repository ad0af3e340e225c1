# SPDX-License-Identifier: MIT
# awk -v kernel=VERSION -f names.awk -f versions.awk medians.tsv
# Prints the libraries and their versions, with commas between them.

BEGIN { FS = "\t" }

{
	name = library($4, $5)
	if (name == "bare" || name in known)
		next
	known[name] = 1
	sub(/^mio 0.*/, "mio", name)
	printf "%s%s %s", (count++ ? ", " : ""), name, $5
}
