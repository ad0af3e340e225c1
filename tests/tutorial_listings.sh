#!/bin/sh
# SPDX-License-Identifier: MIT
# The listings of mio_tutorial(7) are the programs of examples/tutorial/. In the
# page a comment precedes each of them:
#
#	.\" part: FILE		the listing is in the file, line by line
#	.\" whole: FILE		these listings together are the whole file, except
#				for the comments at its beginning
set -eu

srcdir=${srcdir:-.}
page=$srcdir/man/mio_tutorial.7
folder=$srcdir/examples/tutorial

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

awk -v dir="$dir" '
	/^\.\\" (whole|part): / {
		kind = $2
		file = $3
		if (kind == "whole:") {
			out = dir "/" file ".whole"
			if (seen[file]++)
				print "" > out
		} else
			out = dir "/" file "." ++count ".part"
		next
	}
	/^\.Ed/ { inside = 0; out = "" }
	inside {
		sub(/^\\&/, "")
		gsub(/\\-/, "-")
		gsub(/\\\(aq/, "\047")
		gsub(/\\e/, "\\")
		print > out
	}
	/^\.Bd -literal/ && out != "" { inside = 1 }' "$page"

failed=0
for file in "$folder"/*.[ch]; do
	name=${file##*/}
	set -- "$dir/$name".*
	if [ ! -e "$1" ]; then
		echo "FAIL $name is not shown"
		failed=1
		continue
	fi

	# without the comments at the beginning and the empty lines around them
	awk 'started { print; next }
	    /^\/\*/ { inside = 1 }
	    !inside && $0 != "" { started = 1; print }
	    /\*\/$/ { inside = 0 }' "$file" >"$dir/code"

	for listing; do
		case $listing in
		*.whole)
			diff "$dir/code" "$listing" || failed=1
			continue
			;;
		esac
		awk 'FNR == NR { listing = listing $0 "\n"; next }
		    { code = code $0 "\n" }
		    END { exit listing == "" || index(code, listing) == 0 }' \
		    "$listing" "$dir/code" || {
			echo "FAIL $name does not contain:"
			cat "$listing"
			failed=1
		}
	done
	[ $failed -eq 1 ] || echo "ok   $name: $# listings"
done

[ $failed -eq 0 ]
