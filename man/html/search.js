/* SPDX-License-Identifier: MIT */

/*
 * The search: looks up words in MIO_ENTRIES, which entries.js defines. That file
 * is loaded when the search is first used, as a script, since a page that was not
 * loaded from a server may not read files. The hash #search=WORDS begins a search.
 */
(function () {
	"use strict";

	var MAX_RESULTS = 30;
	var AROUND = 70; /* characters on either side of what was found */

	var form = document.querySelector(".search");
	var input = form.querySelector("input");
	var results = document.getElementById("results");
	var toc = document.querySelector(".toc");
	var entries = null;
	var loading = false;
	var chosen = -1;

	function load() {
		var script;

		if (loading)
			return;
		loading = true;
		script = document.createElement("script");
		script.src = "entries.js";
		script.onload = function () {
			entries = MIO_ENTRIES.map(function (entry) {
				return {
					title: entry[0],
					heading: entry[1],
					href: entry[2],
					text: entry[3],
					name: (entry[0] + " " + entry[1])
					    .toLowerCase(),
					lower: entry[3].toLowerCase()
				};
			});
			update();
		};
		document.head.appendChild(script);
	}

	/* Returns how well an entry matches a word, or 0. Calls are first. */
	function score(entry, word) {
		var title = entry.title.toLowerCase();
		var call = entry.heading === "" ? 2 : 1;

		if (title === word || title === word + "()" ||
		    title.replace(/\(\d\)$/, "") === word ||
		    title.replace(/^mio_/, "") === word)
			return 1000 * call;
		if (title.indexOf(word) === 0 ||
		    title.indexOf("mio_" + word) === 0)
			return 200 * call;
		if (title.indexOf(word) >= 0)
			return 100 * call;
		if (entry.name.indexOf(word) >= 0)
			return 60;
		if (entry.lower.indexOf(word) >= 0)
			return 10 * call;
		return 0;
	}

	function find(words) {
		return entries.map(function (entry) {
			var total = 0, one, i;

			for (i = 0; i < words.length; i++) {
				one = score(entry, words[i]);
				if (one === 0)
					return { total: 0 };
				total += one;
			}
			return { total: total, entry: entry };
		}).filter(function (found) {
			return found.total > 0;
		}).sort(function (a, b) {
			return b.total - a.total;
		}).slice(0, MAX_RESULTS);
	}

	/* Appends text to a node, with the words in it marked. */
	function append(node, text, words) {
		var lower = text.toLowerCase();
		var at = 0, best, length, mark;

		for (;;) {
			best = -1;
			words.forEach(function (word) {
				var i = lower.indexOf(word, at);

				if (i >= 0 && (best < 0 || i < best)) {
					best = i;
					length = word.length;
				}
			});
			if (best < 0)
				break;
			node.append(text.slice(at, best));
			mark = document.createElement("mark");
			mark.textContent = text.slice(best, best + length);
			node.append(mark);
			at = best + length;
		}
		node.append(text.slice(at));
	}

	function excerpt(entry, words) {
		var at = -1, begin, end;

		words.forEach(function (word) {
			var i = entry.lower.indexOf(word);

			if (i >= 0 && (at < 0 || i < at))
				at = i;
		});
		at = Math.max(at, 0);
		begin = Math.max(at - AROUND, 0);
		if (begin > 0)
			begin = entry.text.indexOf(" ", begin) + 1;
		end = Math.min(begin + 2 * AROUND, entry.text.length);
		return (begin > 0 ? "\u2026 " : "") +
		    entry.text.slice(begin, end) +
		    (end < entry.text.length ? " \u2026" : "");
	}

	function show(found, words) {
		chosen = -1;
		results.textContent = "";
		found.forEach(function (one) {
			var link = document.createElement("a");
			var name = document.createElement("b");
			var place = document.createElement("i");
			var text = document.createElement("span");

			link.href = one.entry.href;
			append(name, one.entry.title, words);
			place.textContent = one.entry.heading;
			append(text, excerpt(one.entry, words), words);
			link.append(name, place, text);
			results.append(link);
		});
		if (found.length === 0) {
			results.append(document.createElement("p"));
			results.firstChild.textContent =
			    "Nothing was found.";
		}
		results.scrollTop = 0;
		results.hidden = false;
	}

	function update() {
		var words = input.value.toLowerCase().split(/\s+/)
		    .filter(Boolean);

		if (words.length === 0) {
			results.hidden = true;
			return;
		}
		load();
		if (entries !== null)
			show(find(words), words);
	}

	function choose(step) {
		var links = results.querySelectorAll("a");

		if (links.length === 0)
			return;
		if (chosen >= 0)
			links[chosen].className = "";
		chosen = (chosen + step + links.length) % links.length;
		links[chosen].className = "chosen";
		links[chosen].scrollIntoView({ block: "nearest" });
	}

	function on_key(event) {
		if (event.key === "ArrowDown" || event.key === "ArrowUp") {
			event.preventDefault();
			choose(event.key === "ArrowDown" ? 1 :
			    chosen < 0 ? 0 : -1);
		} else if (event.key === "Escape") {
			input.value = "";
			input.blur();
			update();
		}
	}

	function open_chosen(event) {
		var links = results.querySelectorAll("a");

		event.preventDefault();
		if (!results.hidden && links.length > 0)
			links[Math.max(chosen, 0)].click();
	}

	function search_hash() {
		var hash = decodeURIComponent(location.hash);

		if (hash.indexOf("#search=") !== 0)
			return;
		input.value = hash.slice(8).replace(/\+/g, " ");
		update();
	}

	form.hidden = false;
	input.addEventListener("input", update);
	input.addEventListener("focus", load);
	input.addEventListener("keydown", on_key);
	form.addEventListener("submit", open_chosen);
	results.addEventListener("click", function (event) {
		if (event.target.closest("a"))
			results.hidden = true;
	});
	document.addEventListener("click", function (event) {
		if (!results.contains(event.target) && event.target !== input)
			results.hidden = true;
	});
	document.addEventListener("keydown", function (event) {
		if (event.key === "/" && event.target !== input) {
			event.preventDefault();
			input.focus();
		}
	});
	window.addEventListener("hashchange", search_hash);

	document.querySelectorAll(".bar nav a").forEach(function (link) {
		if (link.href === location.href.split("#")[0])
			link.setAttribute("aria-current", "page");
	});
	/* without room at the side, the headings open on demand */
	if (toc && !window.matchMedia("(min-width: 64rem)").matches)
		toc.open = false;
	search_hash();
})();
