#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Compares ERRORS of the man pages with the tests. An error that a test expects
# of a call is on the page of the call. An error on a page is provoked by a test,
# or it is in the list below with the reason why not.

set -u

srcdir=${srcdir:-.}
failed=0

dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
trap 'exit 99' HUP INT TERM

# Each with the reason.
cat > "$dir/unprovoked" << 'END'
EROFS		needs a file system that is mounted to be read only
ETOOMANYREFS	is not for root, and its limit is that of the whole user
END

# Each call with its page, and each page with its errors.
for file in "$srcdir"/man/*.3; do
	call=$(basename "$file" .3)
	page=$(sed -n 's,^\.so man3/\(.*\)\.3$,\1,p' "$file")
	echo "$call ${page:-$call}"
done > "$dir/pages"
grep -L '^\.so ' "$srcdir"/man/*.3 | while read -r file; do
	awk -v page="$(basename "$file" .3)" '
	/^\.Sh/ { inside = $2 == "ERRORS" }
	inside && /^\.It Bq Er/ { print page, $4 }' "$file"
done | sort -u > "$dir/documented"

# Statements such as assert_error(mio_call(arguments), ERROR).
cat "$srcdir"/tests/test_*.c "$srcdir"/tests/lib/*.c | tr '\n\t' '  ' |
    tr ';' '\n' | sed -n \
    's/.*assert_error( *\(mio_[a-z0-9_]*\)(.*[ ,]\(E[A-Z0-9]*\))$/\1 \2/p' |
    sort -u > "$dir/expected"
if [ "$(wc -l < "$dir/expected")" -lt 200 ]; then
	echo 'FAIL the tests are not understood'
	failed=1
fi

while read -r call error; do
	page=$(sed -n "s/^$call //p" "$dir/pages")
	grep -qx "$page $error" "$dir/documented" && continue
	echo "FAIL $call: $error is not in ERRORS of ${page:-any page}"
	failed=1
done < "$dir/expected"

cut -d ' ' -f 2 "$dir/documented" | sort -u > "$dir/errors"
while read -r error; do
	grep -qw "$error" "$srcdir"/tests/*.c
	provoked=$?
	grep -qw "^$error" "$dir/unprovoked"
	excepted=$?
	if [ $provoked -ne 0 ] && [ $excepted -ne 0 ]; then
		echo "FAIL no test provokes $error, which is on" \
		    "$(sed -n "s/ $error\$//p" "$dir/documented" | tr '\n' ' ')"
		failed=1
	elif [ $provoked -eq 0 ] && [ $excepted -eq 0 ]; then
		echo "FAIL a test provokes $error, which is an exception"
		failed=1
	fi
done < "$dir/errors"

exit $failed
