# SPDX-License-Identifier: MIT
# Reads a document that was converted from Markdown. Gives its headings anchors,
# writes them to the file toc, and what the search finds to the file entries.
# Removes links that lead out of the manual but not to the web.

function load_documents(    line, part) {
	while ((getline line < documents) > 0) {
		split(line, part, "\t")
		known[part[1]] = 1
	}
	close(documents)
}

function link_documents(text,    out, href, anchor) {
	out = ""
	while (match(text, /<a href="[^"]*"[^>]*>/)) {
		out = out substr(text, 1, RSTART - 1)
		href = substr(text, RSTART + 9, RLENGTH - 9)
		text = substr(text, RSTART + RLENGTH)
		sub(/".*/, "", href)
		anchor = ""
		if (match(href, /#.*/)) {
			anchor = substr(href, RSTART)
			href = substr(href, 1, RSTART - 1)
		}
		if (href !~ /^[a-z]+:/) {
			sub(/.*\//, "", href)
			sub(/\.md$/, ".html", href)
			anchor = ""
		}
		if (href ~ /^[a-z]+:/ || (href in known) || href ~ /\.svg$/)
			out = out "<a href=\"" href anchor "\">"
		else
			out = out "<a>"
	}
	return out text
}

function finish_section() {
	if (words != "")
		entry(title, heading, page ".html" anchor, words)
	words = ""
}

function section(text,    level, name) {
	level = substr(text, index(text, "<h") + 2, 1)
	heading = text
	gsub(/<[^>]*>|\n/, "", heading)
	if (level == 1) {
		printf "<header class=\"title\"><h1>%s</h1></header>\n", heading
		heading = ""
		return
	}
	name = tolower(heading)
	gsub(/&[a-z#0-9]+;/, "", name)
	gsub(/[^a-z0-9]+/, "-", name)
	gsub(/^-|-$/, "", name)
	while (name in id)
		name = name "-"
	id[name] = 1
	anchor = "#" name
	if (level <= 3)
		print "<li class=\"level" level "\"><a href=\"" anchor "\">" \
		    heading "</a>" >> toc
	printf "<h%d id=\"%s\"><a class=\"permalink\" href=\"%s\">%s</a></h%d>\n", \
	    level, name, anchor, heading, level
}

BEGIN {
	load_documents()
	heading = ""
}
{
	text = $0
	if (text ~ /<h[1-6][ >]/) {
		finish_section()
		while (text !~ /<\/h[1-6]>/ && (getline more) > 0)
			text = text "\n" more
		section(text)
		next
	}
	text = link_documents(text)
	words = words " " text
	sub(/<table/, "<div class=\"wide\"><table", text)
	sub(/<\/table>/, "</table></div>", text)
	gsub(/src="[^"]*\//, "src=\"", text)
	print text
}
END { finish_section() }
