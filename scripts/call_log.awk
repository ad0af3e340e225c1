# SPDX-License-Identifier: MIT
#
# Writes a function for each public call that makes the call by another name,
# real_mio_..., and records it in tests/lib/call_log.h: see scripts/check-calls.
# Reads src/libmio.sym, then <mio.h> as the preprocessor leaves it.

FNR == NR { row[$1] = FNR - 1; next }
/^#/ { next }
{ text = text " " $0 }

END {
	print "#include <mio.h>\n\n#include \"lib/call_log.h\""
	n = split(text, part, /[;{}]/)
	for (i = 1; i <= n; i++)
		if (part[i] !~ /typedef/ && match(part[i], /mio_[a-z0-9_]+\(/))
			declaration(part[i], RSTART, RLENGTH)
	for (name in row)
		if (!(name in done))
			print "#error \"" name " is not declared\""
}

function declaration(words, start, len,    name, type, parameters) {
	name = substr(words, start, len - 1)
	if (!(name in row) || (name in done))
		return
	done[name] = 1
	type = substr(words, 1, start - 1)
	gsub(/extern|"C"/, "", type)
	gsub(/^ +| +$/, "", type)
	parameters = substr(words, start + len)
	sub(/\)[^)]*$/, "", parameters)
	gsub(/ +/, " ", parameters)
	define(name, type, parameters)
}

# What the call is made on: the first object or descriptor among its parameters.
function object_of(parameter, name) {
	if (parameter ~ /mio_fd_t [a-z]+ *$/)
		return "(uintptr_t)(" name " + 1)"
	if (parameter ~ /struct mio_[a-z]+ \*[a-z]+ *$/ &&
	    parameter !~ /struct mio_(credentials|datagram|event|handler) / &&
	    parameter !~ /struct mio_loop_config /)
		return "(uintptr_t)" name
	return ""
}

function define(name, type, parameters,    one, n, i, argument, list, object) {
	n = parameters ~ /^ *void *$/ ? 0 : split(parameters, one, ",")
	for (i = 1; i <= n; i++) {
		argument = one[i]
		sub(/\[.*/, "", argument)
		sub(/.*[ *]/, "", argument)
		list = list (i > 1 ? ", " : "") argument
		if (object == "")
			object = object_of(one[i], argument)
	}

	print "\nextern " type " real_" name "(" parameters ");"
	print type "\n" name "(" parameters ")\n{"
	print "\tcall_log_begin(" row[name] ", " (object == "" ? 0 : object) ");"
	if (name ~ /_(destroy|end|close)$/)
		print "\tcall_log_forget(" object ");"
	if (type ~ /^(int|ssize_t)$/) {
		print "\t" type " result = real_" name "(" list ");\n"
		print "\tcall_log_end(" row[name] ", result);\n"
		print "\treturn result;"
	} else {
		print "\t" (type == "void" ? "" : "return ") \
		    "real_" name "(" list ");"
	}
	print "}"
}
