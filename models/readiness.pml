/* SPDX-License-Identifier: MIT */

/*
 * A Spin model of the queue of a poll and of the word of each source in it:
 * src/core/ready_queue.[ch] and src/core/readiness.c, with one collector.
 * core.pml models how threads enter the collector, and which thread is woken.
 * models/check.sh runs it in several configurations.
 *
 * What is modelled. Each atomic operation of the C files is one step, and the
 * steps of all processes interleave in every order. This is sequential
 * consistency; the head comments of the C files argue why the weaker memory
 * orders are sufficient. The word has the layout of readiness.c, with the same
 * names. The processes and inlines of the model stand for these functions:
 *
 *	push				mio__ready_queue_push(),
 *					mio__readiness_push()
 *	accept				mio__ready_queue_accept()
 *	append, pop			mio__ready_queue_append(), _pop()
 *	set				mio__readiness_set()
 *	trigger				mio__readiness_trigger()
 *	update				mio__readiness_update_locked(), bind()
 *	deregister, drop		mio__readiness_deregister(), _drop()
 *	add, finish, remove		mio__readiness_add(), _finish(),
 *					_remove()
 *	report_one			mio__report(), mio__report_node(),
 *					_move_to_token(), _dismiss()
 *	requeue_if_due			mio__report_requeue_if_due()
 *	unref, release, discard		mio__readiness_unref(), _release(),
 *					mio__readiness_discard()
 *	closer				mio__ready_queue_close(), and what
 *					mio__collect_close() does with it
 *
 * A loop that loads the word, computes a new one and repeats its
 * compare-and-swap until it succeeds is one step here if the new word depends
 * only on the old one: the iteration that succeeds did all of its work on that
 * word. The loop of report_one reads the token in between, and that of push writes
 * the link, so their steps are separate and the comparison may fail. A level
 * that stays in the queue needs no comparison, because its word is only read. A
 * token is written and read in two halves.
 *
 * What is not modelled. Sleeping threads: the collector continues as long as a
 * node is queued. A signal handler that sets readiness is another producer:
 * what it does in the middle of another thread's push is what a producer does
 * while another one stands still.
 *
 * What is claimed, by assertions at the step that would violate it:
 *
 *	- a node is in one place: nowhere, owed by the process that set QUEUED,
 *	  in the queue, or popped by the collector; QUEUED is set in the last
 *	  three; so no node is pushed twice, popped twice, or forgotten
 *	- an event that is due and not yet reported is QUEUED: each edge since
 *	  the last report, and each level
 *	- an event has the complete token of the update that was in force when
 *	  the event was reported, or when the word of a level was read, and only
 *	  bits of the interest of that update, errors and hang-ups; there is no
 *	  event after a deregister, a drop, or a oneshot that has fired
 *	- a readiness that was finished is reported once after each update, and
 *	  is not removed
 *	- when no process can proceed (Spin's timeout) nothing is queued or due
 *	- freed memory is not accessed; at the end each node, and the poll, has
 *	  been freed once
 *
 * Configurations, all by -D: the numbers NODES, PRODUCERS, SETS (of each
 * producer), UPDATERS and UPDATES (of the first updater); TOKENS models the
 * tokens; LIFETIME models the references, the destroyer and the end; EARLY ends
 * the poll at any time, otherwise it ends when no process can proceed; OWN
 * gives each producer one node; with KEEP the collector may only check the
 * nodes, as mio_poll_arm() does; with TRIGGER the producers wake instead of
 * set; OPTION1 to OPTION3 are the options of the updates; with ALIKE all
 * updates have the same interest, so that words differ only by their slots;
 * with PARTS the producers add, the last set finishes, and another process
 * removes. BUG_... adds a mistake that Spin must find.
 */

#ifndef NODES
#define NODES 1
#endif
#ifndef PRODUCERS
#define PRODUCERS 2
#endif
#ifndef SETS
#define SETS 2
#endif
#ifndef UPDATERS
#define UPDATERS 0
#endif
#ifndef UPDATES
#define UPDATES 3
#endif
#ifndef OPTION1
#define OPTION1 EDGE
#endif
#ifndef OPTION2
#define OPTION2 EDGE
#endif
#ifndef OPTION3
#define OPTION3 EDGE
#endif
#ifndef VALUE
#define VALUE 1
#endif
#define SLOTS 3

/* The word, as in readiness.c, except that the slots have lower bits. */
#define READY          255
#define INTEREST_SHIFT 8
#define INTEREST       65280
#define QUEUED         65536
#define EDGE           131072
#define ONESHOT        262144
#define REGISTERED     524288
#define DROPPED        1048576
#define ORPHAN         2097152
#define FINAL          4194304
#define NEWEST_SHIFT    23
#define CURRENT_SHIFT     25

#define UPDATED (INTEREST | EDGE | ONESHOT | REGISTERED | (3 << NEWEST_SHIFT))
#define ALWAYS  56
#define LEVEL   0

/* MIO__READINESS_EDGE, 0xa3901. */
#define TRIGGERED 669953

/* Names for -D, without characters that are special to a shell. */
#define LEVEL_ONESHOT ONESHOT
#define EDGE_ONESHOT  393216

#ifdef BUG_UNMASKED
/* If a bit is due, all set bits are reported. */
#define due(s) ((s) & INTEREST -> (s) & READY : 0)
#else
#define due(s) (((s) >> INTEREST_SHIFT) & (s) & READY)
#endif
#define is_on(s) (((s) & REGISTERED) && !((s) & DROPPED) && ((s) & INTEREST))

#define current_slot(s)  (((s) >> CURRENT_SHIFT) & 3)
#define newest_slot(s) (((s) >> NEWEST_SHIFT) & 3)
#define at(n, slot)   ((n) * SLOTS + (slot))

#define CLOSED NODES
#define NIL    (NODES + 1)

/* The interest and options of update v; its token is v. */
#ifdef ALIKE
#define interest_of(v) 3
#else
#define interest_of(v) ((v) == 1 -> 1 : ((v) == 2 -> 3 : 2))
#endif
#define option_of(v)   ((v) == 1 -> OPTION1 : ((v) == 2 -> OPTION2 : OPTION3))

/* The queue, and the links of its nodes. */
byte incoming = NIL;
byte first = NIL;
byte last = NIL;
byte next[NODES] = NIL;
byte qrefs = 1;

/* A source. */
int word[NODES];
#ifdef LIFETIME
byte refs[NODES];
#endif
bit bound[NODES];
#ifdef TOKENS
byte token_a[NODES * SLOTS];
byte token_b[NODES * SLOTS];
#endif

bit lock; /* of the poll */
bit stop;

/* Used only by the claims. */
#define OUT    0
#define OWED   1
#define LISTED 2
#define POPPED  3
byte place[NODES];
byte version[NODES]; /* the update in force */
byte seen;           /* the update whose word the collector has read */
bit unreported[NODES];   /* due, and not reported since it was set */
bit fired[NODES];    /* a oneshot has, since the last update */
bit final[NODES];    /* the end was reported since the last update */
bit freed[NODES];
bit queue_freed;
byte producers_done, updaters_done, collector_done, destroyer_done;

/* Temporaries of one step: 0 between steps. */
int x;
byte y, z;

#define node_is_there(n)  assert(!freed[n])
#define queue_is_there()  assert(!queue_freed)

/* The invariant of the word after each change. */
#define check_word(n) \
	assert(!unreported[n] || (word[n] & QUEUED)); \
	assert(due(word[n]) == 0 || (word[n] & (EDGE | FINAL)) || \
	    (word[n] & QUEUED))

/* ---- the queue */

/* newest: NIL between calls; left: the queue was closed. */
inline push(n, newest, left)
{
	queue_is_there();
	newest = incoming;
	do
	:: newest == CLOSED -> left = 1; break
	:: newest != CLOSED ->
		d_step { node_is_there(n); next[n] = newest };
		if
		:: atomic { incoming == newest -> queue_is_there();
			assert(place[n] == OWED);
			place[n] = LISTED;
			incoming = n };
			break
		:: atomic { incoming != newest -> queue_is_there();
			newest = incoming }
		fi
	od;
	newest = 0;
	if
	:: left -> left = 0;
#ifndef BUG_PUSHER_DOES_NOT_DISCARD
		discard(n)
#endif
	:: else -> queue_is_there() /* mio__core_wake() */
	fi
}

/* Appends the stack to the list, in reverse. */
inline append_reversed(newest)
{
	if
	:: newest != NIL ->
		y = newest;
		x = NIL;
		do
		:: y != NIL ->
			node_is_there(y);
			assert(place[y] == LISTED);
			z = next[y];
			next[y] = x;
			x = y;
			y = z
		:: else -> break
		od;
		if
		:: first == NIL -> first = x
		:: else -> next[last] = x
		fi;
		last = newest
	:: else
	fi;
	x = 0;
	y = 0;
	z = 0
}

inline accept(newest)
{
#ifdef BUG_TAKEN_BY_A_STORE
	newest = incoming;
	d_step {
		if
		:: newest != NIL -> incoming = NIL; append_reversed(newest)
		:: else
		fi;
		newest = 0
	}
#else
	d_step {
		queue_is_there();
		newest = incoming;
		incoming = NIL;
		append_reversed(newest);
		newest = 0
	}
#endif
}

inline append(n)
{
	d_step {
		node_is_there(n);
		assert(place[n] == POPPED);
		place[n] = LISTED;
		next[n] = NIL;
		if
		:: first == NIL -> first = n
		:: else -> next[last] = n
		fi;
		last = n
	}
}

inline pop(n)
{
	d_step {
		n = first;
		node_is_there(n);
		assert(place[n] == LISTED);
		place[n] = POPPED;
		first = next[n]
	}
}

/* ---- a source */

inline unref_queue()
{
	d_step {
		queue_is_there();
		qrefs--;
		queue_freed = (qrefs == 0)
	}
}

inline release(n)
{
	d_step { node_is_there(n); assert(place[n] == OUT); freed[n] = 1 };
	if
	:: bound[n] -> unref_queue()
	:: else
	fi
}

/* For a node that is in no queue any more. orphan: 0 between calls. */
inline discard(n)
{
	d_step {
		node_is_there(n);
		assert(place[n] == OWED || place[n] == POPPED);
		place[n] = OUT;
		orphan = ((word[n] & ORPHAN) != 0);
		word[n] = word[n] & ~QUEUED;
		unreported[n] = 0
	};
	if
#ifndef BUG_DISCARD_FORGETS_ORPHAN
	:: orphan -> orphan = 0; release(n)
#endif
	:: else -> orphan = 0
	fi
}

/* x: the new word of n; owes becomes whether to push n. */
#define put_word(n, owes) \
	owes = (!(word[n] & QUEUED) && (x & QUEUED)); \
	if \
	:: owes -> assert(place[n] == OUT); place[n] = OWED \
	:: else \
	fi; \
	word[n] = x; \
	x = 0

inline queue_if_due(n)
{
	if
	:: due(x) -> x = x | QUEUED; unreported[n] = 1
	:: else -> unreported[n] = 0
	fi
}

inline push_if_owed(n, owes, newest, left)
{
	if
	:: owes -> owes = 0; push(n, newest, left)
	:: else
	fi
}

inline set(n, value, owes, newest, left)
{
	d_step {
		node_is_there(n);
		if
		:: word[n] & DROPPED -> owes = 0
		:: else ->
			x = (word[n] & ~READY) | (value);
			queue_if_due(n);
			put_word(n, owes);
			check_word(n)
		fi
	};
	push_if_owed(n, owes, newest, left)
}

#ifdef TRIGGER
inline trigger(n, owes, newest, left)
{
	d_step {
		node_is_there(n);
		x = TRIGGERED | QUEUED;
		unreported[n] = 1;
		put_word(n, owes)
	};
	push_if_owed(n, owes, newest, left)
}
#endif

#ifdef PARTS
/* more: bits outside READY. */
inline add(n, value, more, owes, newest, left)
{
	d_step {
		node_is_there(n);
		if
		:: word[n] & DROPPED -> owes = 0
		:: else ->
			x = word[n] | (value) | more;
			queue_if_due(n);
			put_word(n, owes);
			check_word(n)
		fi
	};
	push_if_owed(n, owes, newest, left)
}

inline remove(n, value)
{
	d_step {
		node_is_there(n);
		if
#ifndef BUG_REMOVE_FINAL
		:: word[n] & FINAL
#endif
		:: else ->
			word[n] = word[n] & ~(value);
			unreported[n] = (due(word[n]) -> unreported[n] : 0);
			assert(!(word[n] & FINAL) || (word[n] & READY))
		fi;
		check_word(n)
	}
}
#endif

/* y: a slot that is neither READ nor WRITE. */
inline free_slot(n)
{
	y = 0;
	do
#if defined(BUG_SLOT_READ)
	:: y == newest_slot(word[n]) -> y++
#elif defined(BUG_SLOT_WRITE)
	:: y == current_slot(word[n]) -> y++
#else
	:: y == current_slot(word[n]) || y == newest_slot(word[n]) -> y++
#endif
	:: else -> break
	od
}

#ifdef BUG_UPDATED_UNLOCKED
#define take_lock() skip
#else
#define take_lock() atomic { !lock -> lock = 1 }
#endif

/* registered: the state that the update requires. */
inline update(n, v, registered, slot, owes, newest, left)
{
	take_lock();
	if
	:: bound[n]
	:: !bound[n] ->
#ifndef BUG_BIND_NO_REF
		d_step { queue_is_there(); qrefs++ };
#endif
		bound[n] = 1
	fi;
#ifdef TOKENS
	d_step {
		node_is_there(n);
		free_slot(n);
		slot = y;
		y = 0
	};
	token_a[at(n, slot)] = v;
	token_b[at(n, slot)] = v;
#endif
	d_step {
		node_is_there(n);
		x = word[n];
		if
		:: (word[n] & REGISTERED) == registered ->
			x = (x & ~UPDATED) | REGISTERED | option_of(v) |
			    ((interest_of(v) | ALWAYS) << INTEREST_SHIFT) |
			    (slot << NEWEST_SHIFT);
#ifndef BUG_UPDATED_THOUGH_DROPPED
			if
			:: x & DROPPED -> x = x & ~INTEREST
			:: else
			fi;
#endif
			queue_if_due(n);
			version[n] = v;
			fired[n] = 0;
			final[n] = 0
		:: else
		fi;
		put_word(n, owes);
		slot = 0;
		check_word(n)
	};
	push_if_owed(n, owes, newest, left);
	lock = 0
}

inline deregister(n)
{
	d_step {
		node_is_there(n);
#ifdef BUG_DEREGISTERED_AND_REPORTED
		word[n] = word[n] & ~REGISTERED;
#else
		word[n] = word[n] & ~(REGISTERED | INTEREST);
#endif
		unreported[n] = 0;
		check_word(n)
	}
}

inline drop(n)
{
	d_step {
		node_is_there(n);
		word[n] = (word[n] & ~INTEREST) | DROPPED;
		unreported[n] = 0;
		check_word(n)
	}
}

/* A level stays in the queue: its word is only read. */
#ifdef BUG_FINAL_LEVEL
#define stays(w) (due(w) != 0 && !((w) & (EDGE | ONESHOT)))
#elif defined(BUG_ONESHOT)
#define stays(w) (due(w) != 0 && !((w) & (EDGE | FINAL)))
#else
#define stays(w) (due(w) != 0 && !((w) & (EDGE | FINAL | ONESHOT)))
#endif

/* The word after w was reported. */
#ifdef BUG_ONESHOT_STAYS
#define after_report(w) ((w) & ~QUEUED)
#else
#define after_report(w) \
	((due(w) != 0 && ((w) & ONESHOT) -> (w) & ~INTEREST : (w)) & ~QUEUED)
#endif

#ifdef TOKENS
#define check_token(n, a, b) \
	assert((a) == (b)); \
	assert((a) == seen); \
	assert(((w & INTEREST) >> INTEREST_SHIFT) == (interest_of(a) | ALWAYS))
#else
#define check_token(n, a, b) skip
#endif

/*
 * The claims for an event. The event of a level that stays is valid for the
 * time when its word was read, whatever has changed since.
 */
inline check_event(n, w, a, b)
{
	if
	:: due(w) == 0
	:: else ->
		check_token(n, a, b);
		assert((due(w) & ~(interest_of(seen) | ALWAYS)) == 0);
		assert(is_on(w));
		assert(stays(w) || is_on(word[n]));
		if
		:: version[n] == seen ->
			assert(!fired[n]);
			fired[n] = ((w & ONESHOT) != 0);
			assert(!final[n]);
			final[n] = ((w & FINAL) != 0)
		:: else -> assert(stays(w))
		fi;
		unreported[n] = (word[n] == w -> 0 : unreported[n])
	fi
}

#ifdef BUG_READ_STUCK
#define SLOT_CURRENT(w) newest_slot(w)
#else
#define SLOT_CURRENT(w) current_slot(w)
#endif

/* w: 0 between calls. */
inline report_one(n, w, a, b)
{
	d_step {
		node_is_there(n);
#ifdef BUG_CLEAR_FIRST
		word[n] = word[n] & ~QUEUED;
		place[n] = OUT;
		unreported[n] = 0;
#endif
		w = word[n];
		seen = version[n]
	};
	do
	:: true ->
		/* move_to_token() */
#ifndef BUG_READ_STUCK
		do
		:: current_slot(w) == newest_slot(w) -> break
		:: else ->
			d_step {
				node_is_there(n);
				if
#ifndef BUG_MOVE_BLIND
				:: word[n] != w -> w = word[n]
#endif
				:: else ->
					w = (w & ~(3 << CURRENT_SHIFT)) |
					    (newest_slot(w) << CURRENT_SHIFT);
					word[n] = w
				fi;
				/* a later update may have the same word */
				seen = version[n]
			}
		od;
		skip;
#endif
#ifdef TOKENS
		d_step { node_is_there(n); a = token_a[at(n, SLOT_CURRENT(w))] };
		d_step { node_is_there(n); b = token_b[at(n, SLOT_CURRENT(w))] };
#endif
		d_step {
			node_is_there(n);
			if
			:: stays(w) -> check_event(n, w, a, b); b = 1
#ifdef BUG_TAKE_BLIND
			:: !stays(w) ->
				check_event(n, w, a, b);
				word[n] = word[n] & ~QUEUED;
#else
			:: !stays(w) && word[n] == w ->
				check_event(n, w, a, b);
				word[n] = after_report(w);
#endif
				place[n] = OUT;
				check_word(n);
				b = 1
			:: else -> w = word[n]; seen = version[n]; b = 0
			fi;
			a = 0
		};
		if
		:: b -> b = 0; break
		:: else
		fi
	od;
	if
	:: stays(w) -> append(n)
#ifndef BUG_TAKE_FORGETS_ORPHAN
	:: !stays(w) && (w & ORPHAN) -> release(n)
#endif
	:: else
	fi;
	d_step { w = 0; seen = 0 }
}

#ifdef KEEP
/* Removes the node from the queue if it has nothing to report. */
inline requeue_if_due(n, w, a)
{
#ifdef BUG_KEEP_BLIND
	a = (due(word[n]) != 0);
	d_step {
		node_is_there(n);
		if
		:: a
		:: else -> word[n] = word[n] & ~QUEUED; place[n] = OUT
		fi;
		w = (a -> 0 : word[n] & ORPHAN);
		check_word(n)
	};
#else
	d_step {
		node_is_there(n);
		a = (due(word[n]) != 0);
		if
		:: a
		:: else -> word[n] = word[n] & ~QUEUED; place[n] = OUT
		fi;
		w = (a -> 0 : word[n] & ORPHAN);
		check_word(n)
	};
#endif
	if
	:: a -> append(n)
	:: !a && w -> release(n)
	:: else
	fi;
	w = 0;
	a = 0
}
#endif

#ifdef LIFETIME
inline unref(n)
{
	d_step { node_is_there(n); refs[n]--; orphan = (refs[n] == 0) };
	if
	:: !orphan
	:: else ->
#ifdef BUG_UNREF_FREES
		orphan = 0;
		release(n)
#else
		d_step {
			node_is_there(n);
			orphan = !(word[n] & QUEUED);
			word[n] = word[n] | ORPHAN
		};
		if
		:: orphan -> orphan = 0; release(n)
		:: else
		fi
#endif
	fi
}
#endif

/* ---- the threads */

/*
 * With OWN, a producer has a reference to one node and sets that node.
 * Otherwise it has a reference to each node, and each of its sets is of the
 * next node.
 */
#ifdef OWN
#define sets_node(id, i) ((id) % NODES)
#define holds(id, n)     ((id) % NODES == (n))
#define HOLDERS          (PRODUCERS / NODES)
#else
#define sets_node(id, i) (((id) + (i)) % NODES)
#define holds(id, n)     true
#define HOLDERS          PRODUCERS
#endif

proctype producer(byte id)
{
	byte i, n, newest;
	bit owes, left, orphan;

	do
	:: i < SETS ->
		n = sets_node(id, i);
#if defined(PARTS)
		if
		:: i < SETS - 1 -> add(n, VALUE, 0, owes, newest, left)
		:: else -> add(n, VALUE, FINAL, owes, newest, left)
		fi;
#elif defined(TRIGGER)
		trigger(n, owes, newest, left);
#else
		set(n, VALUE << (i % 2), owes, newest, left);
#endif
		i++
	:: else -> break
	od;
	i = 0;
	n = 0;
#ifdef LIFETIME
	do
	:: n < NODES ->
		if
		:: holds(id, n) -> unref(n)
		:: else
		fi;
		n++
	:: else -> break
	od;
	n = 0;
#endif
	producers_done++
}

#ifdef PARTS
proctype remover()
{
	byte i;

	do
	:: i < SETS -> remove(0, VALUE); i++
	:: else -> break
	od;
	i = 0
}
#endif

#if UPDATERS > 0
/* Updates node 0. The first updater registers it; the last update wins. */
proctype updater(byte id)
{
	byte slot, newest, v;
	bit owes, left, orphan;

	if
	:: id == 0 ->
		v = 1;
		do
		:: v <= UPDATES ->
			if
			:: v == 1 ->
				update(0, v, 0, slot, owes, newest, left)
#ifndef ALIKE
			:: v == 3 ->
				deregister(0);
				update(0, v, 0, slot, owes, newest, left)
#endif
			:: else ->
				update(0, v, REGISTERED, slot, owes, newest,
				    left)
			fi;
			v++
		:: else -> break
		od
	:: else ->
		bound[0];
		update(0, 4, REGISTERED, slot, owes, newest, left)
	fi;
	v = 0;
	updaters_done++
}
#endif

#ifdef LIFETIME
/*
 * The updaters use node 0, too, until they are done. A waker is not dropped
 * while a producer wakes.
 */
proctype destroyer()
{
	byte n;
	bit orphan;

#ifdef TRIGGER
	producers_done == PRODUCERS;
#endif
	n = NODES;
	do
	:: n > 0 ->
		n--;
		drop(n);
		n > 0 || updaters_done == UPDATERS;
		unref(n)
	:: else -> break
	od;
	destroyer_done = 1
}
#endif

/* Runs as long as a node is queued. Each time it first takes all new nodes. */
proctype collector()
{
	byte n, newest, a, b;
	int w;
	bit orphan;

	do
	:: !stop && (incoming != NIL || first != NIL) ->
		accept(newest);
		if
		:: first != NIL ->
			pop(n);
#ifdef KEEP
			if
			:: requeue_if_due(n, w, a)
			:: report_one(n, w, a, b)
			fi;
#else
			report_one(n, w, a, b);
#endif
			n = 0
		:: else
		fi
	:: stop -> break
	od;
	collector_done = 1
}

#ifdef LIFETIME
#define others_done \
	(producers_done == PRODUCERS && destroyer_done == 1)
#else
#define others_done (producers_done == PRODUCERS)
#endif

/* The thread that ends the poll, and the claims before and after. */
proctype closer()
{
	byte n, newest;
	bit orphan;

#ifdef EARLY
	stop = 1;
#else
	timeout;
	d_step {
		assert(others_done && updaters_done == UPDATERS);
		assert(incoming == NIL && first == NIL && !lock);
		n = 0;
		do
		:: n < NODES ->
			assert(freed[n] || !(word[n] & QUEUED));
			assert(freed[n] || !unreported[n]);
			n++
		:: else -> break
		od;
		n = 0;
		stop = 1
	};
#endif
	collector_done && updaters_done == UPDATERS;
#ifdef LIFETIME
#ifdef BUG_CLOSED_AFTER_THE_LOOK
	accept(newest);
	incoming = CLOSED;
#else
	d_step {
		queue_is_there();
		newest = incoming;
		incoming = CLOSED;
		append_reversed(newest);
		newest = 0
	};
#endif
#ifndef BUG_CLOSE_DOES_NOT_DISCARD
	do
	:: first != NIL -> pop(n); discard(n); n = 0
	:: else -> break
	od;
#endif
	unref_queue();
	others_done;
	d_step {
		do
		:: n < NODES -> assert(freed[n]); n++
		:: else -> break
		od;
		assert(queue_freed && qrefs == 0)
	}
#endif
}

/*
 * If there are updaters, they register node 0. All other nodes are registered
 * with update 1 from the start.
 */
init
{
	atomic {
		do
		:: y < NODES ->
#ifdef LIFETIME
			refs[y] = HOLDERS + 1;
#endif
			if
			:: y > 0 || UPDATERS == 0 ->
				bound[y] = 1;
				qrefs++;
				version[y] = 1;
#ifdef TRIGGER
				word[y] = TRIGGERED;
#else
				word[y] = REGISTERED | OPTION1 |
				    ((interest_of(1) | ALWAYS) <<
				    INTEREST_SHIFT);
#endif
#ifdef TOKENS
				token_a[at(y, 0)] = 1;
				token_b[at(y, 0)] = 1;
#endif
			:: else
			fi;
			y++
		:: else -> break
		od;
		y = 0;
		do
		:: y < PRODUCERS -> run producer(y); y++
		:: else -> break
		od;
		y = 0;
#if UPDATERS > 0
		do
		:: y < UPDATERS -> run updater(y); y++
		:: else -> break
		od;
		y = 0;
#endif
#ifdef PARTS
		run remover();
#endif
#ifdef LIFETIME
		run destroyer();
#endif
		run collector();
		run closer()
	}
}
