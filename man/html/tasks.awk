# SPDX-License-Identifier: MIT
# Prints the first page: the guides, a program, and the index by task.

function copy_of(name,    text, all) {
	while ((getline text < name) > 0)
		all = all text "\n"
	close(name)
	return all
}

function trim(text) {
	gsub(/^ +| +$/, "", text)
	return text
}

function card(href, name, text, class) {
	printf "<li%s><a href=\"%s\"><b>%s</b>\n", class, href, name
	print (text == "" ? "" : "<span>" text "</span>") "</a>"
}

# mio_porting.7 is "Porting", and mio.7 is the overview
function guide_name(name) {
	if (!sub(/^mio_/, "", name))
		return "Overview"
	return toupper(substr(name, 1, 1)) substr(name, 2)
}

function guides(    i, count, text, part) {
	print "<h2 id=\"guides\">Start here</h2>"
	print "<ul class=\"cards\">"
	for (i = 1; i <= pages; i++)
		if (page[i] ~ /\.7$/)
			card(page[i] ".html", guide_name(bare(page[i])), \
			    description[i], \
			    count++ ? "" : " class=\"first\"")
	while ((getline text < documents) > 0) {
		split(text, part, "\t")
		card(part[1], part[2], "", "")
	}
	print "</ul>"
}

function bare(name) {
	return substr(name, 1, length(name) - 2)
}

# One page with its calls, which lead to their prototypes
function print_page(i,    n, j, name) {
	printf "<li><a class=\"about\" href=\"%s.html\">%s</a>\n", page[i], \
	    description[i]
	print "<ul class=\"calls\">"
	n = split(names[i], name, " ")
	for (j = 1; j <= n; j++)
		printf "<li><a href=\"%s\">%s</a>\n", \
		    (name[j] in address) ? address[name[j]] : page[i] ".html", \
		    name[j]
	print "</ul>"
	listed[i] = 1
}

function matches(name, patterns,    n, i, pattern) {
	n = split(patterns, pattern, " ")
	for (i = 1; i <= n; i++)
		if (name ~ ("^(" pattern[i] ")$"))
			return 1
	return 0
}

function task(name, text, patterns,    i, anchor) {
	anchor = tolower(name)
	gsub(/[^a-z]+/, "-", anchor)
	printf "<section class=\"task\" id=\"%s\">\n", anchor
	printf "<h3>%s</h3>\n<p>%s</p>\n<ul>\n", name, text
	for (i = 1; i <= pages; i++)
		if (matches(bare(page[i]), patterns))
			print_page(i)
	print "</ul>\n</section>"
	entry(name, "", "index.html#" anchor, text)
}

function all_tasks(    text, part, i, others) {
	print "<h2 id=\"tasks\">By task</h2>"
	print "<div class=\"tasks\">"
	while ((getline text < tasks) > 0) {
		if (text ~ /^(#|$)/)
			continue
		split(text, part, "|")
		task(trim(part[1]), trim(part[2]), trim(part[3]))
	}
	for (i = 1; i <= pages; i++)
		if (page[i] ~ /\.3$/ && !(i in listed))
			others = others " " bare(page[i])
	if (others != "")
		task("Others", "What belongs to no other task.", others)
	print "</div>"
}

BEGIN {
	load(table)
	while ((getline text < table) > 0) {
		split(text, part, "\t")
		if (part[1] != "page")
			continue
		page[++pages] = part[2]
		names[pages] = part[3]
		description[pages] = part[4]
	}
	close(table)

	print "<div class=\"hero\">\n<div>\n<h1>libmio</h1>"
	printf "%s", copy_of(welcome)
	print "<p><a class=\"button\" href=\"mio_tutorial.7.html\">" \
	    "Start with the tutorial</a></p>\n</div>"
	program_text = copy_of(program)
	if (program_text != "")
		printf "<pre>%s</pre>\n", listing(escape(program_text))
	print "</div>"
	guides()
	all_tasks()
	print "<p><a href=\"names.html\">Every call by name</a></p>"
}
