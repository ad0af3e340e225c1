/* SPDX-License-Identifier: MIT */

/*
 * The readiness queue and the word of each registration: a model for Spin of
 * src/poll/readiness.c, src/poll/readiness_queue.c and of what src/poll/poll.c
 * does with them. models/check.sh runs it in several configurations.
 *
 * What is modelled. Each atomic operation of the C files is one step, and the
 * steps of all processes interleave in every order. That is sequential
 * consistency: what the weaker memory orders may add is argued in the head
 * comments of the C files, not here. The word has the layout of readiness.c,
 * with the same names. Here and there:
 *
 *	append, push, pop		mio__readiness_queue_append(), _push(),
 *					_pop()
 *	fall_asleep, wake_up		mio__readiness_queue_fall_asleep(),
 *	in take_kernel			_wake_up(); take_kernel() of poll.c
 *	take_queued			mio__readiness_take(), with room for
 *					one event
 *	poller				wait_for_events(), wait_inside() and
 *					take_turn() of poll.c
 *	outer				mio_poll_arm() and a foreign loop that
 *					waits for mio_poll_fd()
 *	set				mio_readiness_set()
 *	update				bind_to(), claim_slot(), update()
 *	deregister, drop		mio__readiness_deregister(), _drop()
 *	add, finish, remove		mio__readiness_add(), _finish(),
 *					_remove()
 *	take				take() and told(),
 *					mio__readiness_take()
 *	is_pending			mio__readiness_is_pending()
 *	unref, release			mio_readiness_unref(), release()
 *	reap, closer			reap(), discard(),
 *					mio__readiness_close()
 *
 * A loop that loads the word, computes and compares-and-swaps until nobody came
 * in between is one step here, if what it computes depends on the word alone:
 * the round that succeeds did all of it on the word as it was then. The loop of
 * take reads the token in between, so its steps are apart and its comparison
 * may fail. A token is written and read in two halves.
 *
 * What is not. The selector's own events and who goes first; the room of more
 * than one event; the end of a sleep by its deadline, but for NAPS of them; the
 * gate is "one at a time" (gate.pml has the rest). A signal handler that sets
 * readiness is one more producer: what it does in the midst of another thread's
 * push is what a producer does while another one stands still.
 *
 * What is claimed, by assertions at the step that would break it:
 *
 *	- a node stands in one place: nowhere, owed by whoever set QUEUED, in
 *	  the list, or in the consumer's hand; QUEUED is set in the last three;
 *	  so none is pushed twice, popped twice, or forgotten
 *	- what is due and not told is QUEUED: each edge since the last take,
 *	  each level
 *	- an event has the token of the update that was in force when it was
 *	  taken, whole, and no bits but of that update's interest, errors and
 *	  hang-ups; after a deregister, a drop or a oneshot that fired there is
 *	  none
 *	- what was finished is told once by each update, and not taken away
 *	- when nothing moves any more (Spin's timeout) nothing is queued or due
 *	  while the pollers sleep: no wake-up is lost
 *	- freed memory is not touched; at the end each node, and the queue, has
 *	  been freed, once
 *
 * Configurations, all by -D: NODES, PRODUCERS, SETS (of each producer),
 * UPDATERS, UPDATES (of each), SLOTS, POLLERS, NAPS numbers of these; TOKENS
 * models the tokens; LIFETIME the references, the destroyer and the reaping;
 * EARLY ends the poll at any time, where else it goes once nothing moves; OWN
 * gives each producer one node; ARM adds an outer loop; OPTION1 to OPTION3 are
 * what the updates ask for, ALIKE lets all ask for the same, so that only the
 * slots tell one word from another; PARTS lets the producers add, and the last
 * set finish, while another process removes. BUG_... puts in a mistake that has to be
 * found.
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
#ifndef POLLERS
#define POLLERS 2
#endif
#ifndef NAPS
#define NAPS 0
#endif
#ifndef SLOTS
#define SLOTS 3
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

/* The word, as in readiness.c. */
#define READY          255
#define INTEREST_SHIFT 8
#define INTEREST       (7 << INTEREST_SHIFT)
#define QUEUED         2048
#define EDGE           4096
#define ONESHOT        8192
#define REGISTERED     16384
#define DISARMED       32768
#define DROPPED        65536
#define ORPHAN         131072
#define READ_SHIFT     18
#define WRITE_SHIFT    21
#define CLAIMS_SHIFT   24
#define FINAL          1073741824

#define UPDATED \
	(INTEREST | EDGE | ONESHOT | REGISTERED | DISARMED | (7 << WRITE_SHIFT))
#define ALWAYS 56
#define LEVEL  0

/* What -D can say without signs that a shell knows. */
#define LEVEL_ONESHOT ONESHOT
#define EDGE_ONESHOT  12288

#ifdef BUG_UNMASKED
/* The bits above the interest come down with it. */
#define wanted(s) (((s) >> INTEREST_SHIFT) | ALWAYS)
#else
#define wanted(s) ((((s) & INTEREST) >> INTEREST_SHIFT) | ALWAYS)
#endif
#define is_on(s) (((s) & (REGISTERED | DISARMED | DROPPED)) == REGISTERED)
#define due(s)   (is_on(s) -> ((s) & READY & wanted(s)) : 0)

#define read_slot(s)  (((s) >> READ_SHIFT) & 7)
#define write_slot(s) (((s) >> WRITE_SHIFT) & 7)
#define at(n, slot)   ((n) * SLOTS + (slot))

#define STUB NODES
#define NIL  (NODES + 1)

/* Update v asks for this; its token is v. */
#ifdef ALIKE
#define interest_of(v) 3
#else
#define interest_of(v) ((v) == 1 -> 1 : ((v) == 2 -> 3 : 2))
#endif
#define option_of(v)   ((v) == 1 -> OPTION1 : ((v) == 2 -> OPTION2 : OPTION3))

/* The queue. */
byte tail = STUB;
byte head = STUB;
byte next[NODES + 1] = NIL;
bit sleeping;
bit closed;
byte reapers;
byte qrefs = 1;

/* The waker: an edge that the next wait takes. */
bit signal;

/* A registration. */
int word[NODES];
#ifdef LIFETIME
byte refs[NODES];
#endif
bit bound[NODES];
#ifdef TOKENS
byte token_a[NODES * SLOTS];
byte token_b[NODES * SLOTS];
#endif

bit gate;
bit stop;

/* What only the claims know. */
#define OUT    0
#define OWED   1
#define LISTED 2
#define TAKEN  3
byte place[NODES + 1];
byte version[NODES]; /* the update in force */
bit untold[NODES];   /* due, and not in an event since it was set */
bit fired[NODES];    /* a oneshot, since the last update */
bit final[NODES];    /* told to be finished, since the last update */
bit announced;       /* the consumer sleeps, or is about to */
bit freed[NODES];
bit queue_freed;
byte producers_done, updaters_done, pollers_done, destroyer_done;

/* Of one step only: 0 in between. */
int x;
byte y;

#define node_is_there(n)  assert((n) == STUB || !freed[n])
#define queue_is_there()  assert(!queue_freed)

/* What holds of the word after each change. */
#define check_word(n) \
	assert(!untold[n] || (word[n] & QUEUED)); \
	assert(due(word[n]) == 0 || (word[n] & (EDGE | FINAL)) || \
	    (word[n] & QUEUED))

/* ---- the queue */

inline append(n, prev)
{
	d_step {
		queue_is_there();
		node_is_there(n);
		assert(place[n] == ((n) == STUB -> OUT :
		    (place[n] == TAKEN -> TAKEN : OWED)));
		place[n] = LISTED;
		next[n] = NIL;
		prev = tail;
		tail = n
	};
	d_step {
		node_is_there(prev);
		next[prev] = n;
		prev = 0
	}
}

inline look_and_signal()
{
	if
	:: d_step { !sleeping -> queue_is_there() }
	:: d_step { sleeping -> queue_is_there() };
		if
		:: d_step { sleeping -> assert(announced); sleeping = 0 };
			signal = 1
		:: !sleeping
		fi
	fi
}

inline push(n, prev)
{
#ifdef BUG_SIGNAL_FIRST
	look_and_signal();
	append(n, prev)
#else
	append(n, prev);
	look_and_signal()
#endif
}

/* got: a node, STUB for MIO__POP_EMPTY, NIL for MIO__POP_UNLINKED. */
inline pop(got, h, nx, prev)
{
	d_step {
		queue_is_there();
		h = head;
		node_is_there(h);
		nx = next[h]
	};
	got = STUB;
	if
	:: h == STUB && nx == NIL ->
		d_step { got = (tail == STUB -> STUB : NIL) }
	:: h == STUB && nx != NIL ->
		d_step {
			place[STUB] = OUT;
			head = nx;
			h = nx;
			node_is_there(h);
			nx = next[h]
		}
	:: h != STUB
	fi;
	if
	:: got == STUB && h != STUB && nx == NIL ->
#ifndef BUG_CUT
		d_step { got = (h == tail -> STUB : NIL) };
#endif
		if
		:: got == STUB ->
			append(STUB, prev);
			d_step {
				nx = next[h];
				got = (nx == NIL -> NIL : STUB)
			}
		:: got == NIL
		fi
	:: else
	fi;
	d_step {
		if
		:: got == STUB && h != STUB ->
			assert(place[h] == LISTED);
			place[h] = TAKEN;
			head = nx;
			got = h
		:: else
		fi;
		h = 0;
		nx = 0
	}
}

/* ---- a registration */

inline release(n)
{
	d_step {
		node_is_there(n);
		assert(place[n] == OUT);
		freed[n] = 1;
		if
		:: bound[n] ->
			qrefs--;
			if
			:: qrefs == 0 -> assert(!queue_freed); queue_freed = 1
			:: else
			fi
		:: else
		fi
	}
}

/* x: what the word of n becomes; owes: whether to push it. */
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
	:: due(x) -> x = x | QUEUED; untold[n] = 1
	:: else -> untold[n] = 0
	fi
}

inline set(n, value, owes, prev)
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
	if
	:: owes -> push(n, prev); owes = 0
	:: else
	fi
}

#ifdef PARTS
/* more: bits besides those of READY. */
inline add(n, value, more, owes, prev)
{
	d_step {
		node_is_there(n);
		x = word[n] | (value) | more;
		queue_if_due(n);
		put_word(n, owes);
		check_word(n)
	};
	if
	:: owes -> push(n, prev); owes = 0
	:: else
	fi
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
			untold[n] = (due(word[n]) -> untold[n] : 0);
			assert(!(word[n] & FINAL) || (word[n] & READY))
		fi;
		check_word(n)
	}
}
#endif

/* y: a slot that is free, or SLOTS. */
inline free_slot(n)
{
	x = word[n] >> CLAIMS_SHIFT;
#ifdef BUG_CLAIMS
	x = 0;
#endif
#ifndef BUG_SLOT_READ
	x = x | (1 << read_slot(word[n]));
#endif
#ifndef BUG_SLOT_WRITE
	x = x | (1 << write_slot(word[n]));
#endif
	y = 0;
	do
	:: y < SLOTS && (x & (1 << y)) -> y++
	:: else -> break
	od;
	x = 0
}

/* registered: what it must be for this update. */
inline update(n, v, registered, slot, owes, prev)
{
#ifdef TOKENS
	slot = SLOTS;
	do
	:: slot == SLOTS ->
		d_step {
			node_is_there(n);
			free_slot(n);
			slot = y;
			y = 0;
			if
			:: slot < SLOTS ->
				word[n] = word[n] | (1 << (CLAIMS_SHIFT + slot))
			:: else
			fi
		}
	:: else -> break
	od;
	token_a[at(n, slot)] = v;
	token_b[at(n, slot)] = v;
#endif
	d_step {
		node_is_there(n);
#ifdef TOKENS
		x = word[n] & ~(1 << (CLAIMS_SHIFT + slot));
#else
		x = word[n];
#endif
		if
		:: (word[n] & REGISTERED) == registered ->
			x = (x & ~UPDATED) | REGISTERED | option_of(v) |
			    (interest_of(v) << INTEREST_SHIFT) |
			    (slot << WRITE_SHIFT);
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
	if
	:: owes -> push(n, prev); owes = 0
	:: else
	fi
}

inline deregister(n)
{
	d_step {
		node_is_there(n);
		word[n] = word[n] & ~REGISTERED;
		untold[n] = 0;
		check_word(n)
	}
}

inline drop(n)
{
	d_step {
		node_is_there(n);
		word[n] = word[n] | DROPPED;
		untold[n] = 0;
		check_word(n)
	}
}

/* x: told() of w. */
inline told(w)
{
	x = w;
	if
#ifdef BUG_FINAL_LEVEL
	:: due(w) == 0 || (w & EDGE) -> x = x & ~QUEUED
#else
	:: due(w) == 0 || (w & (EDGE | FINAL)) -> x = x & ~QUEUED
#endif
	:: else
	fi;
	if
#ifdef BUG_ONESHOT
	:: due(w) != 0 && (w & ONESHOT) && (w & EDGE) ->
#else
	:: due(w) != 0 && (w & ONESHOT) ->
#endif
		x = (x | DISARMED) & ~QUEUED
	:: else
	fi
}

#ifdef TOKENS
#define check_token(n, a, b) \
	assert((a) == (b)); \
	assert((a) == version[n]); \
	assert(((w & INTEREST) >> INTEREST_SHIFT) == interest_of(a))
#else
#define check_token(n, a, b) skip
#endif

/* What an event that is taken must be. */
inline check_event(n, w, a, b)
{
	if
	:: due(w) == 0
	:: else ->
		check_token(n, a, b);
		assert((due(w) & ~(interest_of(version[n]) | ALWAYS)) == 0);
		assert(is_on(word[n]));
		assert(!fired[n]);
		fired[n] = ((w & ONESHOT) != 0);
		assert(!final[n]);
		final[n] = ((w & FINAL) != 0);
		untold[n] = (word[n] == w -> 0 : untold[n])
	fi
}

/* events: 1 more if there was something to tell. w: 0 afterwards. */
inline take(n, w, a, b, prev, events)
{
	do
	:: atomic {
			node_is_there(n);
#ifdef BUG_CLEAR_FIRST
			if
			:: place[n] == TAKEN ->
				word[n] = word[n] & ~QUEUED;
				place[n] = OUT;
				untold[n] = 0
			:: else
			fi;
#endif
#ifndef BUG_READ_STUCK
			word[n] = (word[n] & ~(7 << READ_SHIFT)) |
			    (write_slot(word[n]) << READ_SHIFT);
#endif
			w = word[n]
		};
#ifdef TOKENS
		d_step { node_is_there(n); a = token_a[at(n, read_slot(w))] };
		d_step { node_is_there(n); b = token_b[at(n, read_slot(w))] };
#endif
		d_step {
			node_is_there(n);
			if
#if defined(BUG_TAKE_BLIND)
			:: true ->
				check_event(n, w, a, b);
				told(w);
				y = ((w & QUEUED) && !(x & QUEUED));
				x = (y -> word[n] & ~QUEUED : word[n]);
				y = 0;
#else
			:: word[n] == w ->
				check_event(n, w, a, b);
				told(w);
#endif
				word[n] = x;
				if
				:: x & QUEUED
				:: else -> place[n] = OUT
				fi;
				x = 0;
				check_word(n);
				events = events + (due(w) != 0);
				b = 1
			:: else -> b = 0
			fi;
			a = 0
		};
		if
		:: b -> b = 0; break
		:: else
		fi
	od;
	/* as the word was replaced, w says what it became */
	atomic {
		told(w);
		w = (x & QUEUED -> QUEUED : (x & ORPHAN));
		x = 0
	};
	if
	:: w & QUEUED -> append(n, prev)
#ifndef BUG_TAKE_LEAK
	:: w & ORPHAN -> release(n)
#endif
	:: else
	fi;
	w = 0
}

/* ---- the end of things */

#ifdef LIFETIME

inline unref_queue()
{
	d_step {
		queue_is_there();
		qrefs--;
		if
		:: qrefs == 0 -> queue_freed = 1
		:: else
		fi
	}
}

/* got, h, nx, prev: of pop. seen, was: 0 before and after. */
inline reap(got, h, nx, prev, seen, w)
{
	d_step { queue_is_there(); seen = reapers; reapers++ };
	if
	:: seen != 0
	:: else ->
		do
		:: atomic { queue_is_there(); seen = reapers };
			do
			:: pop(got, h, nx, prev);
				if
				:: got >= STUB -> got = 0; break
				:: else
				fi;
				d_step {
					node_is_there(got);
					w = word[got] & ORPHAN;
					word[got] = word[got] & ~QUEUED;
					untold[got] = 0;
					place[got] = OUT
				};
				if
				:: w -> release(got); w = 0
				:: else
				fi
			od;
			if
			:: d_step { reapers == seen -> queue_is_there();
				reapers = 0 };
				break
			:: d_step { reapers != seen -> queue_is_there() }
			fi
		od
	fi;
	seen = 0
}

inline unref(n, got, h, nx, prev, seen, w)
{
	d_step { node_is_there(n); refs[n]--; seen = (refs[n] == 0) };
	if
	:: !seen
	:: seen && !bound[n] -> seen = 0; release(n)
	:: seen && bound[n] ->
		d_step { seen = 0; queue_is_there(); qrefs++ };
		d_step {
			node_is_there(n);
			w = word[n] & QUEUED;
			word[n] = word[n] | ORPHAN
		};
		if
#ifdef BUG_UNREF_FREES
		:: true -> w = 0; release(n)
#else
		:: !w -> release(n)
#endif
		:: else ->
			w = 0;
#ifndef BUG_UNREF_NO_REAP
			if
			:: closed -> reap(got, h, nx, prev, seen, w)
			:: else
			fi
#endif
		fi;
		unref_queue()
	fi
}

#endif

/* ---- the threads */

/*
 * With OWN it has a reference to one node and sets that. Else it has one to
 * each, and each of its sets is of the next one.
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
	byte i, n, prev;
	bit owes;
#ifdef LIFETIME
	byte got, h, nx, seen;
	int w;
#endif

	do
	:: i < SETS ->
		n = sets_node(id, i);
#ifdef PARTS
		if
		:: i < SETS - 1 -> add(n, VALUE, 0, owes, prev)
		:: else -> add(n, VALUE, FINAL, owes, prev)
		fi;
#else
		set(n, VALUE << (i % 2), owes, prev);
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
		:: holds(id, n) -> unref(n, got, h, nx, prev, seen, w)
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
/* Of node 0. The first one registers it; each that comes last wins. */
proctype updater(byte id)
{
	byte slot, prev, v;
	bit owes;

	if
	:: id == 0 ->
		d_step {
			/* bind_to() */
			queue_is_there();
			bound[0] = 1;
#ifndef BUG_BIND_NO_REF
			qrefs++;
#endif
		};
		update(0, 1, 0, slot, owes, prev);
		v = 2;
		do
		:: v <= UPDATES ->
			if
#ifndef ALIKE
			:: v == 3 ->
				deregister(0);
				update(0, v, 0, slot, owes, prev)
#endif
			:: else ->
				update(0, v, REGISTERED, slot, owes, prev)
			fi;
			v++
		:: else -> break
		od
	:: else ->
		bound[0];
		update(0, 4, REGISTERED, slot, owes, prev)
	fi;
	v = 0;
	updaters_done++
}
#endif

#ifdef LIFETIME
/* Any node but 0, which is the updaters' until they are done. */
proctype destroyer()
{
	byte n, prev, got, h, nx, seen;
	int w;

	n = NODES;
	do
	:: n > 0 ->
		n--;
		n > 0 || updaters_done == UPDATERS;
		drop(n);
		unref(n, got, h, nx, prev, seen, w)
	:: else -> break
	od;
	destroyer_done = 1
}
#endif

/* The wait takes the signal, and naps end sometimes by themselves. */
inline take_kernel(unlinked, naps)
{
	if
	:: unlinked -> d_step { signal = 0; unlinked = 0 }
	:: else ->
#ifdef BUG_LOOK_FIRST
		if
		:: head == STUB && tail == STUB ->
			d_step { sleeping = 1; announced = 1 };
#else
		d_step { queue_is_there(); sleeping = 1; announced = 1 };
		if
#ifdef BUG_HEAD_ONLY
		:: head == STUB ->
#else
		:: head == STUB && tail == STUB ->
#endif
#endif
			if
			:: d_step { signal -> signal = 0 }
			:: stop
			:: d_step { naps < NAPS -> naps++ }
			fi;
#ifdef BUG_NO_WAKE_UP
			announced = 0
#else
			d_step { sleeping = 0; announced = 0 }
#endif
		:: else ->
			d_step { sleeping = 0; announced = 0; signal = 0 }
		fi
	fi
}

inline take_queued(unlinked, events, got, h, nx, prev, w, a, b)
{
	do
	:: pop(got, h, nx, prev);
		if
		:: got >= STUB ->
			d_step { unlinked = (got == NIL); got = 0 };
			break
		:: else -> take(got, w, a, b, prev, events)
		fi;
		if
		:: events -> got = 0; break
		:: else
		fi
	od
}

#if POLLERS > 0
proctype poller()
{
	byte got, h, nx, prev, a, b, events, naps;
	int w;
	bit unlinked;

	do
	:: atomic { !gate && !stop -> gate = 1 };
		if
		:: sleeping -> d_step { sleeping = 0; announced = 0 }
		:: else
		fi;
		do
		:: take_kernel(unlinked, naps);
			take_queued(unlinked, events, got, h, nx, prev, w, a,
			    b);
			if
			:: events || stop -> break
			:: else
			fi
		od;
		atomic { gate = 0; events = 0; unlinked = 0 }
	:: stop -> break
	od;
	pollers_done++
}
#endif

#ifdef ARM
/* pending: 1 when there is something to tell; throws out what has nothing. */
inline is_pending(pending, got, h, nx, prev, w)
{
	do
	:: pop(got, h, nx, prev);
		if
		:: got >= STUB ->
			d_step { pending = (got == NIL); got = 0 };
			break
		:: else
		fi;
		d_step {
			node_is_there(got);
			w = word[got];
			if
			:: due(w)
			:: else -> word[got] = w & ~QUEUED; place[got] = OUT
			fi;
			pending = (due(w) != 0);
			w = w & ORPHAN;
			check_word(got)
		};
		if
		:: pending -> append(got, prev); got = 0; w = 0; break
		:: !pending && w -> release(got); w = 0
		:: else
		fi
	od
}

/* Arms, waits for the descriptor, and polls without waiting. */
proctype outer()
{
	byte got, h, nx, prev, a, b, events;
	int w;
	bit unlinked, pending;

	do
	:: atomic { !gate && !stop -> gate = 1 };
		signal = 0;
		is_pending(pending, got, h, nx, prev, w);
		if
		:: pending
		:: else ->
			d_step { sleeping = 1; announced = 1 };
			if
			:: head == STUB && tail == STUB
			:: else ->
				d_step {
					sleeping = 0;
					announced = 0;
					pending = 1
				}
			fi
		fi;
		gate = 0;
		if
		:: pending -> pending = 0
		:: else -> signal || stop
		fi;
		/* the signal of an epoll within an epoll may stay as it is */
		if
		:: atomic { !gate -> gate = 1 }
		:: stop -> break
		fi;
		if
		:: sleeping -> d_step { sleeping = 0; announced = 0 }
		:: else
		fi;
		signal = 0;
		take_queued(unlinked, events, got, h, nx, prev, w, a, b);
		atomic { gate = 0; events = 0; unlinked = 0 }
	:: stop -> break
	od;
	pollers_done++
}
#define OUTER 1
#else
#define OUTER 0
#endif

#ifdef LIFETIME
#define others_done \
	(producers_done == PRODUCERS && destroyer_done == 1)
#else
#define others_done (producers_done == PRODUCERS)
#endif

/* The thread that ends the poll, and what is to be seen before and after. */
proctype closer()
{
	byte n;
#ifdef LIFETIME
	byte prev, got, h, nx, seen;
	int w;
#endif

#ifdef EARLY
	stop = 1;
#else
	timeout;
	d_step {
		assert(others_done && updaters_done == UPDATERS);
		assert(head == STUB && tail == STUB);
		n = 0;
		do
		:: n < NODES ->
			assert(freed[n] || !(word[n] & QUEUED));
			assert(freed[n] || !untold[n]);
			n++
		:: else -> break
		od;
		n = 0;
		stop = 1
	};
#endif
	pollers_done == POLLERS + OUTER && updaters_done == UPDATERS;
#ifdef LIFETIME
#ifdef BUG_CLOSE_LATE
	reap(got, h, nx, prev, seen, w);
	closed = 1;
#else
	closed = 1;
	reap(got, h, nx, prev, seen, w);
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
 * Node 0 is the updaters', if there are any. The others, and all without
 * updaters, are registered with update 1 from the start.
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
				word[y] = REGISTERED | OPTION1 |
				    (interest_of(1) << INTEREST_SHIFT);
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
#if POLLERS > 0
		do
		:: y < POLLERS -> run poller(); y++
		:: else -> break
		od;
		y = 0;
#endif
#ifdef ARM
		run outer();
#endif
		run closer()
	}
}
