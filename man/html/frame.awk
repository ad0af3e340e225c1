# SPDX-License-Identifier: MIT
# Prints a whole page around its body: the bar at the top, the headings at the
# side, which are in the file toc, and the end.

function bar() {
	print "<header class=\"bar\">"
	print "<a class=\"brand\" href=\"index.html\">libmio</a>"
	print "<form class=\"search\" role=\"search\" hidden>"
	print "<input type=\"search\" aria-label=\"Search the manual\"" \
	    " placeholder=\"Search the manual\" autocomplete=\"off\"" \
	    " autocapitalize=\"off\" spellcheck=\"false\">"
	print "</form>"
	print "<nav>"
	print "<a href=\"mio_tutorial.7.html\">Tutorial</a>"
	print "<a href=\"mio.7.html\">Overview</a>"
	print "<a href=\"index.html#tasks\">By task</a>"
	print "<a href=\"names.html\">By name</a>"
	print "</nav>"
	print "</header>"
	print "<div id=\"results\" role=\"region\" aria-live=\"polite\"" \
	    " aria-label=\"Search results\" hidden></div>"
}

function contents(    text, some) {
	while (toc != "" && (getline text < toc) > 0) {
		if (!some++)
			print "<details class=\"toc\" open>" \
			    "<summary>On this page</summary>\n<ul>"
		print text
	}
	if (some)
		print "</ul>\n</details>"
}

BEGIN {
	print "<!DOCTYPE html>"
	print "<html lang=\"en\">"
	print "<head>"
	print "<meta charset=\"utf-8\">"
	print "<meta name=\"viewport\"" \
	    " content=\"width=device-width, initial-scale=1\">"
	print "<meta name=\"color-scheme\" content=\"light dark\">"
	print "<title>" title (class == "home" ? "" : " - libmio") "</title>"
	print "<link rel=\"icon\" href=\"data:,\">"
	print "<link rel=\"stylesheet\" href=\"style.css\">"
	print "<script src=\"search.js\" defer></script>"
	print "</head>"
	print "<body class=\"" class "\">"
	bar()
	print "<div class=\"sheet\">"
	contents()
	print "<main>"
}
{ print }
END {
	print "</main>"
	print "</div>"
	print "<footer>libmio " version "</footer>"
	print "</body>"
	print "</html>"
}
