# SPDX-License-Identifier: MIT
# Reads a page as mandoc writes it. Prints the part between header and footer,
# with links between the pages, and writes its headings to the file toc and what
# the search finds to the file entries.

{
	line[NR] = $0
	rest = $0
	while (match(rest, / id="[^"]*"/)) {
		id[substr(rest, RSTART + 5, RLENGTH - 6)] = 1
		rest = substr(rest, RSTART + RLENGTH)
	}
}

# A reference to a page of this manual is a link, others are only marked.
function link_pages(text,    out, href) {
	out = ""
	while (match(text, /<a class="Xr" href="[^"]*\.html">/)) {
		href = substr(text, RSTART + 20, RLENGTH - 27)
		out = out substr(text, 1, RSTART - 1) "<a class=\"Xr\""
		if (!(href in file)) {
			out = out ">"
		} else {
			sub(/\.[0-9]$/, "", href)
			if (href in address)
				href = address[href]
			else
				href = substr(text, RSTART + 20, RLENGTH - 22)
			out = out " href=\"" href "\">"
		}
		text = substr(text, RSTART + RLENGTH)
	}
	return out text
}

# The prototype of a call is where other pages lead to. It leads to the place
# that describes the call.
function prototype(text,    name, before, after) {
	if (!match(text, /<code class="Fn">[a-z0-9_]+<\/code>/))
		return text
	name = substr(text, RSTART + 17, RLENGTH - 24)
	before = substr(text, 1, RSTART - 1)
	after = substr(text, RSTART + RLENGTH)
	return before "<code class=\"Fn\" id=\"proto-" name "\">" \
	    ((name in id) ? "<a href=\"#" name "\">" name "</a>" : name) \
	    "</code>" after
}

function finish_section() {
	if (heading !~ /^(LIBRARY|HISTORY)$/ && heading != "")
		entry(title, heading, page ".html#" anchor, words)
	words = ""
}

function begin_section(text, level) {
	finish_section()
	match(text, / id="[^"]*"/)
	anchor = substr(text, RSTART + 5, RLENGTH - 6)
	heading = text
	gsub(/<[^>]*>/, "", heading)
	gsub(/[ \n]+/, " ", heading)
	if (heading !~ /^(LIBRARY|HISTORY)$/)
		print "<li class=\"level" level "\"><a href=\"#" anchor "\">" \
		    heading "</a>" >> toc
	in_synopsis = heading == "SYNOPSIS"
	printf "<section class=\"%s\">\n", \
	    in_synopsis ? "synopsis" : "level" level
	printf "<h%d id=\"%s\"><a class=\"permalink\" href=\"#%s\">%s</a></h%d>\n", \
	    level, anchor, anchor, heading, level
	open_sections++
}

# h1 and h2 are what mandoc has; sections end where the next one begins
function section(text,    level) {
	level = text ~ /<h1/ ? 2 : 3
	skipping = text ~ / id="NAME"/
	if (skipping)
		return
	if (open_sections)
		print "</section>"
	open_sections = 0
	begin_section(text, level)
}

function print_head(    n, i, name) {
	n = split(names, name, " ")
	print "<header class=\"title\">"
	printf "<h1>%s<span class=\"part\">(%s)</span></h1>\n", title_name, part
	printf "<p class=\"lead\">%s</p>\n", description
	if (n > 1) {
		print "<ul class=\"calls\">"
		for (i = 1; i <= n; i++)
			print "<li><a href=\"#proto-" name[i] "\">" name[i] \
			    "</a>"
		print "</ul>"
	}
	print "</header>"
	for (i = 1; i <= n; i++)
		if (part == 3)
			entry(name[i], "", i == 1 ? page ".html" : \
			    page ".html#proto-" name[i], description)
	if (part != 3)
		entry(title, "", page ".html", description)
}

function print_line(text) {
	if (skipping)
		return
	text = link_pages(text)
	# no line ends between the sign and the name
	gsub(/<code class="Fl">-<\/code><code class="Er">/, \
	    "<code class=\"Er\">-", text)
	if (in_synopsis)
		text = prototype(text)
	words = words " " text
	if (text ~ /<table class="Bl-column/)
		print "<div class=\"wide\">"
	print text
	if (in_table && text ~ /<\/table>/)
		print "</div>"
	if (text ~ /<table class="Bl-column/)
		in_table = 1
	if (text ~ /<\/table>/)
		in_table = 0
}

# A listing, of which the lines up to </pre> are collected
function print_listing(text) {
	gsub(/\n&#x00A0;/, "\n", text)
	words = words " " text
	if (!skipping)
		print listing(text)
}

END {
	load(table)
	title_name = page
	sub(/\.[0-9]$/, "", title_name)
	part = substr(page, length(page))
	title = title_name "(" part ")"
	print_head()
	for (i = 1; i <= NR; i++) {
		text = line[i]
		if (text ~ /<table class="foot">/)
			break
		if (text ~ /<div class="manual-text">/) {
			begun = 1
			continue
		}
		if (!begun || text ~ /^ *<\/?section/)
			continue
		if (text ~ /<h[12] /) {
			while (text !~ /<\/h[12]>/)
				text = text "\n" line[++i]
			section(text)
		} else if (text ~ /<pre/) {
			while (text !~ /<\/pre>/)
				text = text "\n" line[++i]
			print_listing(text)
		} else if (text == "</div>" && line[i + 1] ~ /class="foot"/) {
			continue
		} else {
			print_line(text)
		}
	}
	finish_section()
	if (open_sections)
		print "</section>"
}
