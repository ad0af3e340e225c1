# SPDX-License-Identifier: MIT
# Functions for listings, used by other programs.

# load(table): sets address[call] for every call, and file[page] for every page
function load(table,    line, part, n, i, name, title) {
	while ((getline line < table) > 0) {
		split(line, part, "\t")
		file[part[2]] = part[1]
		title = part[2]
		sub(/\.[0-9]$/, "", title)
		if (part[1] == "alias") {
			address[title] = part[3] ".html#proto-" title
		} else if (part[2] ~ /\.3$/) {
			address[title] = part[2] ".html"
		}
	}
	close(table)
}

# link_calls(text): calls in a listing become links to their pages
function link_calls(text,    out, name) {
	out = ""
	while (match(text, /mio_[a-z0-9_]+\(/)) {
		name = substr(text, RSTART, RLENGTH - 1)
		out = out substr(text, 1, RSTART - 1)
		if ((RSTART == 1 || \
		    substr(text, RSTART - 1, 1) !~ /[A-Za-z0-9_]/) && \
		    (name in address))
			out = out "<a href=\"" address[name] "\">" name "</a>("
		else
			out = out name "("
		text = substr(text, RSTART + RLENGTH)
	}
	return out text
}

# listing(text): a listing with its comments marked, if they are well-formed
function listing(text,    begins, ends, copy) {
	text = link_calls(text)
	copy = text
	begins = gsub(/\/\*/, "<span class=\"comment\">/*", copy)
	ends = gsub(/\*\//, "*/</span>", copy)
	return begins == ends ? copy : text
}

function escape(text) {
	gsub(/&/, "\\&amp;", text)
	gsub(/</, "\\&lt;", text)
	gsub(/>/, "\\&gt;", text)
	return text
}

# script(text): HTML as the inside of a string of a script
function script(text) {
	gsub(/<[^>]*>/, "", text)
	gsub(/[ \t\n]+/, " ", text)
	sub(/^ /, "", text)
	sub(/ $/, "", text)
	gsub(/&lt;/, "<", text)
	gsub(/&gt;/, ">", text)
	gsub(/&quot;/, "\"", text)
	# two backslashes would mean one or two, depending on the awk
	gsub(/\\/, "\\u005c", text)
	gsub(/"/, "\\\"", text)
	# of four digits, which is what mandoc writes
	while (match(text, /&#x[0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f];/))
		text = substr(text, 1, RSTART - 1) "\\u" \
		    substr(text, RSTART + 3, 4) \
		    substr(text, RSTART + RLENGTH)
	while (match(text, /&#[0-9]+;/))
		text = substr(text, 1, RSTART - 1) \
		    sprintf("\\u%04x", substr(text, RSTART + 2, RLENGTH - 3)) \
		    substr(text, RSTART + RLENGTH)
	gsub(/&amp;/, "\\&", text)
	gsub(/<\//, "<\\/", text)
	return text
}

# entry(title, heading, address, text): adds one to the search
function entry(title, heading, href, text) {
	printf "[\"%s\",\"%s\",\"%s\",\"%s\"],\n", script(title), \
	    script(heading), href, script(text) >> entries
}
