#!/bin/sh
# SPDX-License-Identifier: MIT
# The HTML manual: make installs it, it has every page and every call, and no link
# in it leads nowhere.
set -eu

srcdir=${srcdir:-.}
builddir=${builddir:-.}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
failed=0

fail() {
	echo "FAIL: $*"
	failed=1
}

if ! command -v mandoc >/dev/null; then
	echo 'no mandoc'
	exit 77
fi

# what make passes down would go to the descriptors of another make
unset MAKEFLAGS MFLAGS MAKELEVEL
"${MAKE:-make}" -s -C "$builddir" install-html "DESTDIR=$dir" htmldir=/html \
    >"$dir/log" 2>&1 || { cat "$dir/log"; exit 1; }
html=$dir/html

for page in "$srcdir"/man/*.[37]; do
	name=${page##*/}
	[ -s "$html/$name.html" ] || fail "no page for $name"
done

# Every call is in both indexes, with a description, and can be searched.
while read -r call _; do
	case $call in
	mio_*) ;;
	*) continue ;;
	esac
	grep -q "\">$call</a>" "$html/index.html" || fail "by task: no $call"
	grep -q "\">$call<.*<dd>." "$html/names.html" || fail "by name: no $call"
	grep -q "^\\[\"$call\",\"\",\"[^\"]*\",\"." "$html/entries.js" ||
	    fail "the search: no $call"
done <"$srcdir/src/libmio.sym"

# Each call's own page leads to the prototype, at which the target is checked.
for page in "$srcdir"/man/*.3; do
	grep -q '^\.so ' "$page" || continue
	name=$(basename "$page" .3)
	grep -q "url=mio_[a-z0-9_]*\\.3\\.html#proto-$name\"" \
	    "$html/$name.3.html" || fail "$name leads nowhere"
done

# Every file and anchor that a link, a picture or the search names exists, and
# no anchor is there twice.
cat "$html"/*.html | tr '<' '\n' >"$dir/tags" # must not be empty
[ -s "$dir/tags" ]
for file in "$html"/*.html "$html/entries.js"; do
	awk -v file="${file##*/}" -v anchors="$dir/anchors" \
	    -v links="$dir/links" '
	# values(text, name): each value of an attribute, one a line
	function values(text, name,    all, start) {
		start = " " name "=\""
		while ((at = index(text, start)) > 0) {
			text = substr(text, at + length(start))
			all = all substr(text, 1, index(text, "\"") - 1) "\n"
		}
		return all
	}
	function target(address) {
		if (address ~ /^(data:|[a-z]+:\/\/)/ || address == "")
			return
		print file "\t" (address ~ /^#/ ? file address : address) \
		    >> links
	}
	file ~ /\.js$/ && /^\["/ {
		split($0, part, /","/)
		target(part[3])
		next
	}
	{
		n = split(values($0, "id"), value, "\n")
		for (i = 1; i < n; i++) {
			if (seen[value[i]]++)
				print file ": twice: " value[i]
			print file "#" value[i] >> anchors
		}
		n = split(values($0, "href") values($0, "src"), value, "\n")
		for (i = 1; i < n; i++)
			target(value[i])
		if (match($0, /0; url=[^"]*/))
			target(substr($0, RSTART + 7, RLENGTH - 7))
	}' "$file"
done >"$dir/twice"
[ ! -s "$dir/twice" ] || fail "$(cat "$dir/twice")"
(cd "$html" && ls) >>"$dir/anchors"
echo 'index.html#search=' >>"$dir/anchors"
awk -F '\t' '
NR == FNR { there[$0] = 1; next }
!($2 in there) { print "FAIL: " $1 ": a broken link to " $2; bad = 1 }
END { print FNR " links"; exit bad }' "$dir/anchors" "$dir/links" || failed=1

# What mandoc could not do, or our own programs let through.
if grep -nE '&lt;(a|span|code) |&#x00A0;$' "$html"/*.html; then
	fail 'markup in the text'
fi

# All of it is removed again.
"${MAKE:-make}" -s -C "$builddir" uninstall-local "DESTDIR=$dir" htmldir=/html
[ -z "$(ls "$html")" ] || fail "left behind: $(ls "$html")"

exit $failed
