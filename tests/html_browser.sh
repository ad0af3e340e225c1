#!/bin/sh
# SPDX-License-Identifier: MIT
# The HTML manual in a browser, without a server: pages render, the search finds
# calls, nothing is reported on the console, and no page is wider than a phone.
set -eu

srcdir=$(cd "${srcdir:-.}" && pwd)
dir=$(mktemp -d)
browser_pid=
trap '[ -z "$browser_pid" ] || kill -9 -$browser_pid 2>/dev/null || :
rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

fail() {
	echo "FAIL: $*"
	exit 1
}

for tool in mandoc timeout; do
	command -v $tool >/dev/null || { echo "no $tool"; exit 77; }
done
for browser in chromium chromium-browser none; do
	! command -v $browser >/dev/null || break
done
[ $browser != none ] || { echo 'no chromium'; exit 77; }

"$srcdir/man/html/build" "$srcdir" "$dir/html" test

# browse ADDRESS [OPTION...]: the document as it is once the scripts have run
browse() {
	address=$1
	shift
	# timeout makes a process group, to be killed as a whole
	HOME=$dir timeout -k 5 120 $browser --headless --no-sandbox \
	    --disable-gpu --disable-quic --disable-dev-shm-usage \
	    --disable-breakpad --hide-scrollbars \
	    --no-first-run --disable-background-networking \
	    --disable-component-update --disable-sync \
	    --allow-file-access-from-files --enable-logging=stderr \
	    --user-data-dir="$dir/profile" --virtual-time-budget=20000 \
	    "$@" --dump-dom "file://$dir/html/$address" \
	    >"$dir/dom" 2>"$dir/log" </dev/null &
	browser_pid=$!
	wait $browser_pid || { cat "$dir/log"; fail "$browser: $address"; }
	kill -9 -$browser_pid 2>/dev/null || : # what it left running
	browser_pid=
	# The browser's own pages also write there, for example without a network.
	if grep 'CONSOLE' "$dir/log" | grep -v 'source: chrome:'; then
		fail "the console is not empty: $address"
	fi
}

# has TEXT: the document contains this
has() {
	grep -qF "$1" "$dir/dom" || fail "$address: no $1"
}

# ---- the search

browse 'index.html#search=mio_tcp_listen'
has '<b><mark>mio_tcp_listen</mark></b>'
has 'href="mio_tcp_connect.3.html#proto-mio_tcp_listen"'
has 'Every call by name'

# words of a text, and a page that is not the first
browse 'mio_poll.3.html#search=bounded+channel'
has '<mark>'
has 'mio_channel_create.3.html#'
has '<b>mio_'
browse 'index.html#search=qqqqqq'
has 'Nothing was found.'

# ---- every page

# A page of our own shows all of them in frames, as wide as a phone, and reports
# what it sees in them.
{
	echo '<!DOCTYPE html><title>frames</title><pre id="report"></pre>'
	echo '<script>var pages = ['
	(cd "$dir/html" && grep -L 'http-equiv="refresh"' ./*.html) |
	    sed 's/.*/"&",/'
	cat <<-'END'
	];
	var report = document.getElementById("report");
	function say(text) { report.textContent += text + "\n"; }
	function next() {
		var page = pages.shift();
		var frame;
		if (page === undefined) {
			say("done");
			return;
		}
		frame = document.createElement("iframe");
		frame.style.width = "375px";
		frame.style.height = "800px";
		frame.style.border = "0";
		frame.onload = function () {
			var d = frame.contentDocument;
			var title = d.querySelector("h1");
			say(page + " is " +
			    d.documentElement.scrollWidth + " wide, " +
			    (d.documentElement.scrollHeight > 800 ?
			    "long" : "short") + ", styled " +
			    d.defaultView.getComputedStyle(
			    d.querySelector(".bar")).display +
			    ", titled " + title.textContent + ", search " +
			    (d.querySelector(".search").hidden ? "off" : "on"));
			frame.remove();
			next();
		};
		frame.src = page;
		document.body.append(frame);
	}
	next();
	</script>
	END
} >"$dir/frames.html"
mv "$dir/frames.html" "$dir/html/frames.html"
browse frames.html
has 'done'
grep '\.html is ' "$dir/dom" >"$dir/report"
grep -v 'is 375 wide, ' "$dir/report" && fail 'a page is wider than a phone'
grep -v 'styled flex, .*, search on$' "$dir/report" &&
    fail 'a page has no style or no script'
has 'index.html is 375 wide, long, styled flex, titled libmio,'
has 'mio_tutorial.7.html is 375 wide, long, styled flex, titled mio_tutorial(7)'
has 'mio_poll.3.html is 375 wide, long, styled flex, titled mio_poll(3)'
has 'names.html is 375 wide, long, styled flex, titled Every call by name'
echo "$(wc -l <"$dir/report") pages"

# ---- light and dark

# The script prints the colour of the paper, as somebody would see it.
cat >"$dir/html/paper.html" <<'END'
<!DOCTYPE html>
<link rel="stylesheet" href="style.css">
<body><p id="paper"></p>
<script>
window.onload = function () {
	document.getElementById("paper").textContent =
	    getComputedStyle(document.body).backgroundColor;
};
</script>
END
browse paper.html --blink-settings=preferredColorScheme=1
light=$(sed -n 's/.*id="paper">\([^<]*\).*/\1/p' "$dir/dom")
browse paper.html --blink-settings=preferredColorScheme=0
dark=$(sed -n 's/.*id="paper">\([^<]*\).*/\1/p' "$dir/dom")
echo "light: $light, dark: $dark"
[ "$light" = 'rgb(255, 255, 255)' ]
[ "$light" != "$dark" ]
