# SPDX-License-Identifier: MIT
#
# Prints what the man pages say about their calls in a fixed form, one fact a
# line. CALLS are names with commas between them.
#
#	page CALL PAGE
#	error PAGE CALLS ERROR		one of these calls returns this error
#	passes PAGE CALLS NAME		they also return errors of NAME: a call, a
#					system call such as read(2), or "source"
#	thread PAGE CALLS any|one	from any thread, or by one at a time
#	signal PAGE CALLS safe|unsafe	whether they are async-signal-safe
#
# ERRORS consists of lists of .It Bq Er ERROR, each with a heading that names the
# calls: those of .Fn and .Xr, all but those after "All except", or for any other
# words all calls of the page. An item whose text begins with calls and a colon
# is about these alone. "The errors of" refers to other pages.
#
# "Threads and signals" has these sentences, each of its own and complete:
#	SUBJECT may be called from any thread.
#	SUBJECT may be called by one thread at a time.
#	SUBJECT is (are) async-signal-safe.
#	SUBJECT must not be called in a signal handler.
#	None of the functions may be called in a signal handler.
# The first two can end with ", but not in a signal handler". SUBJECT is a list
# of .Fn, "All functions", "Both functions", "The function", or "The other
# functions".

FNR == 1 {
	finish_page()
	page = FILENAME
	sub(/.*\//, "", page)
	sub(/\.3$/, "", page)
	calls = section = ""
}

/^\.so / {
	target = $2
	sub(/.*\//, "", target)
	sub(/\.3$/, "", target)
	print "page", page, target
	page = ""
	next
}

/^\.Nm mio_/ { calls = append(calls, $2) }
/^\.S[hs] / {
	finish_section()
	section = $0
	depth = 0
	next
}

section == ".Sh ERRORS" && /^\.Bl -tag/ {
	depth = 1
	subject = heading(text)
	text = ""
	next
}
section == ".Sh ERRORS" && /^\.Bl/ { depth++; next }
section == ".Sh ERRORS" && /^\.El/ {
	if (--depth == 0)
		finish_item()
	next
}
section == ".Sh ERRORS" && depth == 1 && /^\.It Bq Er / {
	if (text != "")
		finish_item()
	errors = append(errors, $4)
	next
}
section == ".Sh ERRORS" && depth > 0 { text = text " " $0; next }
section == ".Sh ERRORS" && /^\.Pp/ { finish_section(); next }
section == ".Sh ERRORS" {
	text = text " " $0
	if (/[^ ]\.$/ || /^\.Xr .* \.$/)
		finish_section()
}

section == ".Ss Threads and signals" && /^\.Pp/ { text = ""; next }
section == ".Ss Threads and signals" {
	text = text (text == "" ? "" : " ") $0
	if (/\.$/) {
		sentence(text)
		text = ""
	}
}

END { finish_page() }

function finish_page() {
	if (page == "")
		return
	finish_section()
	print "page", page, page
}

function finish_section() {
	if (section == ".Sh ERRORS" && text != "")
		heading(text)
	text = ""
	if (section == ".Ss Threads and signals")
		threaded = signalled = ""
}

function append(list, name) { return list (list == "" ? "" : ",") name }

# The calls that .Fn and .Xr name.
function names_in(words,    word, n, i, list) {
	n = split(words, word, " ")
	for (i = 1; i < n; i++)
		if ((word[i] == ".Fn" || word[i] == ".Xr") &&
		    word[i + 1] ~ /^mio_/)
			list = append(list, word[i + 1])
	return list
}

function without(all, some,    name, n, i, list) {
	n = split(all, name, ",")
	for (i = 1; i <= n; i++)
		if (index("," some ",", "," name[i] ",") == 0)
			list = append(list, name[i])
	return list
}

# The calls that a heading of ERRORS is about; what it refers to is printed.
function heading(words,    at, others, word, n, i, list) {
	at = match(words, /errors (of|as|for)/)
	if (at > 0) {
		others = substr(words, at)
		words = substr(words, 1, at - 1)
	}
	list = names_in(words)
	if (words ~ /^ *All[a-z ]* except/)
		list = without(calls, list)
	else if (words !~ /^ *(With .*|Given .*|For .*)?\.(Fn|Xr) mio_/)
		list = append(calls, list)
	sub(/,$/, "", list)

	n = split(others, word, " ")
	for (i = 1; i < n; i++)
		if (word[i] == ".Xr")
			print "passes", page, list, word[i + 1] \
			    (word[i + 2] == 3 ? "" : "(" word[i + 2] ")")
	if (others ~ /of the source's call/)
		print "passes", page, list, "source"
	return list
}

function finish_item(    list, name, n, i) {
	list = subject
	if (match(text, /^( \.Fn [a-z0-9_]+( ,)?| and)+ :/))
		list = names_in(substr(text, 1, RLENGTH))
	n = split(errors, name, ",")
	for (i = 1; i <= n; i++)
		print "error", page, list, name[i]
	errors = text = ""
}

# The calls that are the subject of a sentence; "" for any other subject.
function subject_of(words, others) {
	if (words ~ /^(All functions|Both functions|The function)$/)
		return calls
	if (words ~ /^The other functions?$/)
		return without(calls, others)
	if (words ~ /^(\.Fn [a-z0-9_]+( ,|$| and | ))+$/)
		return names_in(words " .")
	return ""
}

function say_signal(list, what) {
	if (list == "")
		return
	print "signal", page, list, what
	signalled = append(signalled, list)
}

function sentence(words,    list, what) {
	if (words ~ /^None of the functions may be called in a signal handler\.$/)
		say_signal(calls, "unsafe")
	if (match(words, / (is|are) async-signal-safe\.$/))
		say_signal(subject_of(substr(words, 1, RSTART - 1), signalled),
		    "safe")
	if (match(words, / must not be called in a signal handler\.$/))
		say_signal(subject_of(substr(words, 1, RSTART - 1), signalled),
		    "unsafe")
	if (!match(words, / may be called (from any thread|by one thread at a time)(, but not in a signal handler)?\.$/))
		return
	what = substr(words, RSTART)
	list = subject_of(substr(words, 1, RSTART - 1), threaded)
	if (list == "")
		return
	print "thread", page, list, (what ~ /any thread/ ? "any" : "one")
	threaded = append(threaded, list)
	if (what ~ /signal handler/)
		say_signal(list, "unsafe")
}
