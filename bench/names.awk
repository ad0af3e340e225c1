# SPDX-License-Identifier: MIT
# What the other awk programs share.

# The library of a contestant: "libuv: async" -> "libuv", "mio 0.6: its channel"
# -> "mio 0.6", "bare" for the system calls, which have the kernel's version.
function library(contestant, version) {
	if (version == kernel)
		return "bare"
	sub(/:.*/, "", contestant)
	if (contestant ~ /^std /)
		return "std mpsc"
	if (contestant !~ /^mio 0\./)
		sub(/ .*/, "", contestant)
	return contestant
}

function color(name) {
	if (name == "bare") return "#000000"
	if (name == "libmio") return "#0072b2"
	if (name == "libuv") return "#e69f00"
	if (name == "libev") return "#009e73"
	if (name == "libevent") return "#cc79a7"
	if (name == "sd-event") return "#a6761d"
	if (name == "mio 0.6") return "#d55e00"
	if (name == "mio 0.8") return "#f0a080"
	if (name == "mio-extras") return "#882255"
	if (name == "crossbeam") return "#aa4499"
	if (name ~ /^std/) return "#999933"
	if (name == "ck") return "#56b4e9"
	if (name == "liburcu") return "#44aa99"
	if (name == "nng") return "#888888"
	return "#bbbbbb"
}

# An integer with commas.
function whole(number,    text, result) {
	text = sprintf("%.0f", number)
	while (length(text) > 3) {
		result = "," substr(text, length(text) - 2) result
		text = substr(text, 1, length(text) - 3)
	}
	return text result
}

# A number with about three digits.
function shown(number) {
	if (number == 0)
		return "0"
	if (number < 0.995)
		return sprintf("%.2g", number)
	if (number < 9.995)
		return sprintf("%.2f", number)
	if (number < 99.95)
		return sprintf("%.1f", number)
	return whole(number)
}

function shown_ratio(ratio) {
	return ratio == "-" ? "-" : sprintf(ratio < 9.995 ? "%.2f" : "%.0f", ratio)
}
