/* SPDX-License-Identifier: MIT */

/*
 * The word of state, its token slots, the readiness queue and the hand-over of
 * sleep and wake-up, as in src/poll/readiness.c and readiness_queue.c. Every
 * atomic operation there is one step here, and between two steps any other
 * process may go: Spin tries all the ways. That is sequential consistency; why
 * the memory orders are enough is argued in those files.
 *
 * Two configurations, checked by check.sh:
 *
 *	SLEEP		two producers, an updater, a destroyer and two pollers
 *			that sleep without end. When nothing can move any more
 *			every set must have been told.
 *	LIFETIME	two producers, a destroyer and the owner of the poll,
 *			who looks, destroys it and reaps. Everything must have
 *			been freed once, and be touched never after.
 *
 * Registration 0 is edge-triggered, 1 a level oneshot. A token has two halves
 * that are written and read in two steps. Three slots stand for the six of the
 * library, so that an update often has to wait for another one.
 *
 * With BUG_... defined a mistake is put in, which Spin must find.
 */

#define REGS  2
#define STUB  2
#define NIL   3
#define SLOTS 3

#define READY      1
#define QUEUED     2
#define REGISTERED 4
#define DISARMED   8
#define DROPPED    16
#define ORPHAN     32
#define EDGE       64
#define ONESHOT    128
#define RD(s)      ((s >> 8) & 3)
#define WR(s)      ((s >> 10) & 3)
#define CLAIM(t)   (1 << (12 + t))

#define LIVE(s) ((s & (REGISTERED | DISARMED | DROPPED)) == REGISTERED)
#define DUE(s)  (LIVE(s) && (s & READY))

int word[REGS];
byte low[REGS * SLOTS], high[REGS * SLOTS];
byte refs[REGS];
bool freed[REGS];

byte next[3];
byte head, tail;
bool sleeping, closed;
byte reapers;
byte queue_refs;
bool queue_freed;

bool signalled;		/* the waker's descriptor, an edge not seen yet */
bool inside;		/* the gate */
bool stop;

/* What only the properties know. */
bool unseen[REGS];	/* set while live, and not told yet */
byte newest[REGS];	/* the token of the last update */
bool listed[REGS];	/* pushed and not popped */

#define TOUCH(n)     assert(!freed[n])
#define TOUCH_QUEUE  assert(!queue_freed)

/* ---- readiness_queue.c */

inline append(n, prev)
{
	next[n] = NIL;
	atomic {
		TOUCH_QUEUE;
		prev = tail;
		tail = n;
	}
	atomic {
		assert(prev == STUB || !freed[prev]);
		next[prev] = n
	}
}

inline push(n, prev, was)
{
	atomic {
		TOUCH(n);
		assert(!listed[n]);
		listed[n] = true
	}
#ifdef BUG_LOOK_BEFORE_PUSH
	was = sleeping;
	append(n, prev);
#else
	append(n, prev);
	atomic { TOUCH_QUEUE; was = sleeping }
#endif
	if
	:: was ->
		atomic {
			TOUCH_QUEUE;
			was = sleeping;
			sleeping = false
		}
		if
		:: was -> atomic { TOUCH_QUEUE; signalled = true }
		:: else
		fi
	:: else
	fi;
	was = false
}

mtype = { EMPTY, NODE, UNLINKED };

#ifdef BUG_STUB_IS_EMPTY
#define LOOKS_EMPTY (head == STUB)
#else
#define LOOKS_EMPTY (head == STUB && tail == STUB)
#endif

inline pop(got, n, nx, prev)
{
	atomic { n = head; nx = next[n]; got = NODE }
	if
	:: n == STUB && nx == NIL ->
		if
		:: LOOKS_EMPTY -> got = EMPTY
		:: else -> got = UNLINKED
		fi
	:: n == STUB && nx != NIL ->
		atomic { head = nx; n = nx; TOUCH(n); nx = next[n] }
	:: else -> TOUCH(n)
	fi;
	if
	:: got == NODE && nx == NIL ->
#ifndef BUG_UNFINISHED_IS_LAST
		if
		:: n != tail -> got = UNLINKED
		:: else ->
#endif
			append(STUB, prev);
			atomic { TOUCH(n); nx = next[n] }
			if
			:: nx == NIL -> got = UNLINKED
			:: else
			fi
#ifndef BUG_UNFINISHED_IS_LAST
		fi
#endif
	:: else
	fi;
	if
	:: got == NODE ->
		atomic {
			head = nx;
			assert(listed[n]);
			listed[n] = false
		}
	:: else -> n = NIL
	fi;
	nx = 0;
	prev = 0
}

/* ---- readiness.c */

inline replace(n, s, nx, ok)
{
	atomic {
		TOUCH(n);
		if
		:: word[n] == s -> word[n] = nx; ok = true
		:: else -> s = word[n]; ok = false
		fi
	}
}

inline drop_queue()
{
	atomic {
		TOUCH_QUEUE;
		queue_refs--;
		queue_freed = (queue_refs == 0)
	}
}

inline release(n)
{
	atomic {
		TOUCH(n);
		freed[n] = true
	}
	drop_queue()
}

/* Not a step of its own: what the set has just done. */
#define NOTE_SET(n, s) unseen[n] = (unseen[n] || LIVE(s))

inline set(n, s, nx, ok, prev)
{
	atomic { TOUCH(n); s = word[n]; ok = false }
	do
	:: ok -> break
	:: !ok && (s & DROPPED) -> break
	:: !ok && !(s & DROPPED) ->
		nx = s | READY;
		if
		:: DUE(nx) -> nx = nx | QUEUED
		:: else
		fi;
		atomic {
			TOUCH(n);
			if
			:: word[n] == s ->
				word[n] = nx;
				NOTE_SET(n, nx);
				ok = true
			:: else -> s = word[n]
			fi
		}
	od;
	if
	:: ok && !(s & QUEUED) && (nx & QUEUED) -> push(n, prev, ok)
	:: else
	fi;
	s = 0; nx = 0; ok = false; prev = 0
}

#define USED(s, t) ((s & CLAIM(t)) || WR(s) == t || RD(s) == t)
#ifdef BUG_WRITE_WHERE_READ
#undef USED
#define USED(s, t) ((s & CLAIM(t)) || (WR(s) == t && RD(s) != t))
#endif

inline reregister(n, token, s, nx, ok, slot, prev)
{
	ok = false;
	do
	:: ok -> break
	:: else ->
		atomic { TOUCH(n); s = word[n]; slot = 0 }
		do
		:: slot < SLOTS && USED(s, slot) -> slot++
		:: else -> break
		od;
		if
		:: slot < SLOTS -> replace(n, s, (s | CLAIM(slot)), ok)
		:: else		/* waits for one that is under way */
		fi
	od;
	low[n * SLOTS + slot] = token;
	high[n * SLOTS + slot] = token;
	atomic { s = word[n]; ok = false }
	do
	:: ok -> break
	:: else ->
		nx = (s & ~CLAIM(slot) & ~DISARMED & ~(3 << 10)) |
		    (slot << 10);
		if
		:: DUE(nx) -> nx = nx | QUEUED
		:: else
		fi;
		atomic {
			TOUCH(n);
			if
			:: word[n] == s ->
				word[n] = nx;
				newest[n] = token;
				unseen[n] = (unseen[n] || DUE(nx));
				ok = true
			:: else -> s = word[n]
			fi
		}
	od;
	if
	:: !(s & QUEUED) && (nx & QUEUED) -> push(n, prev, ok)
	:: else
	fi;
	s = 0; nx = 0; ok = false; slot = 0; prev = 0
}

/* told(): the word after what is due has been told */
#ifdef BUG_LEVEL_ONESHOT_STAYS
#define FIRES(s) (DUE(s) && (s & ONESHOT) && (s & EDGE))
#else
#define FIRES(s) (DUE(s) && (s & ONESHOT))
#endif
#define STAYS(s) (DUE(s) && !(s & EDGE) && !FIRES(s))

inline take(n, s, nx, ok, a, b, e, prev)
{
	atomic { ok = false; TOUCH(n); s = word[n] }
	do
	:: ok -> break
	:: !ok && RD(s) != WR(s) ->
#ifdef BUG_SLOT_NEVER_MOVES
		replace(n, s, ((s & ~(3 << 10)) | (WR(s) << 10)), ok);
#else
		replace(n, s, ((s & ~(3 << 8)) | (WR(s) << 8)), ok);
#endif
		ok = false;
#ifdef BUG_SLOT_NEVER_MOVES
		goto read;
#endif
		s = word[n]
	:: !ok && RD(s) == WR(s) ->
#ifdef BUG_SLOT_NEVER_MOVES
read:
#endif
#ifndef BUG_CLEAR_THEN_READ
		a = low[n * SLOTS + RD(s)];
		b = high[n * SLOTS + RD(s)];
#endif
		nx = s;
		if
		:: STAYS(s) -> skip
		:: else -> nx = nx & ~QUEUED
		fi;
		if
		:: FIRES(s) -> nx = nx | DISARMED
		:: else
		fi;
		atomic {
			TOUCH(n);
			if
			:: word[n] == s ->
				word[n] = nx;
				ok = true;
				e = newest[n];
				assert(!DUE(s) || !(s & ONESHOT) || unseen[n]);
				unseen[n] = false
			:: else -> s = word[n]
			fi
		}
#ifdef BUG_CLEAR_THEN_READ
		atomic { TOUCH(n); a = low[n * SLOTS + RD(s)] }
		atomic { TOUCH(n); b = high[n * SLOTS + RD(s)] }
#endif
		/* whole, and of the same update as the rest of the word */
		assert(!ok || !DUE(s) || (a == b && a == e))
	od;
	if
	:: nx & QUEUED -> atomic { listed[n] = true }; append(n, prev)
	:: !(nx & QUEUED) && (s & ORPHAN) -> release(n)
	:: else
	fi;
	s = 0; nx = 0; ok = false; a = 0; b = 0; e = 0; prev = 0
}

inline reap(got, n, nx, prev, s, more)
{
	atomic {
		more = (reapers == 0);
		reapers++
	}
	do
	:: !more -> break
	:: more ->
		s = reapers;
		do
		:: pop(got, n, nx, prev);
			if
			:: got != NODE -> break
			:: else ->
				atomic {
					TOUCH(n);
					nx = word[n];
					word[n] = nx & ~QUEUED;
					unseen[n] = false
				}
				if
				:: nx & ORPHAN -> release(n)
				:: else
				fi
			fi
		od;
		atomic {
			if
			:: reapers == s -> reapers = 0; more = false
			:: else
			fi
		}
	od;
	s = 0; nx = 0; n = 0
}

inline unref(n, got, m, nx, prev, s, more)
{
	atomic {
		TOUCH(n);
		refs[n]--;
		more = (refs[n] == 0)
	}
	if
	:: more ->
		atomic { TOUCH_QUEUE; queue_refs++ }
#ifdef BUG_FREES_WHAT_IS_QUEUED
		atomic { s = 0; word[n] = word[n] | ORPHAN }
#else
		atomic {
			TOUCH(n);
			s = word[n];
			word[n] = s | ORPHAN
		}
#endif
		if
		:: !(s & QUEUED) -> release(n)
		:: else ->
			TOUCH_QUEUE;
			if
			:: closed -> reap(got, m, nx, prev, s, more)
			:: else
			fi
		fi;
		drop_queue()
	:: else
	fi;
	s = 0; more = false
}

/* ---- who there is */

proctype producer(byte first, second)
{
	int s, nx;
	bool ok, more;
	byte prev, m;
	mtype got;

	set(first, s, nx, ok, prev);
	unref(first, got, m, nx, prev, s, more);
	if
	:: second != NIL ->
		set(second, s, nx, ok, prev);
		unref(second, got, m, nx, prev, s, more)
	:: else
	fi
}

proctype updater(byte n)
{
	int s, nx;
	bool ok;
	byte slot, prev;

	reregister(n, 2, s, nx, ok, slot, prev);
#ifdef TWICE
	reregister(n, 3, s, nx, ok, slot, prev)
#endif
}

proctype destroyer(byte n)
{
	int s, nx;
	bool more;
	byte prev, m;
	mtype got;

	atomic { TOUCH(n); word[n] = word[n] | DROPPED; unseen[n] = false }
	unref(n, got, m, nx, prev, s, more)
}

/* wait_inside() without a timeout, again and again */
proctype poller()
{
	int s, nx;
	bool ok, told;
	byte n, prev, a, b, e;
	mtype got;

	do
	:: stop -> break
	:: else ->
end_gate:	atomic { (!inside || stop) -> inside = true }
		told = false;
		do
		:: told || stop -> break
		:: else ->
			pop(got, n, nx, prev);
			if
			:: got == NODE ->
				take(n, s, nx, ok, a, b, e, prev);
				told = true
			:: got == UNLINKED -> skip	/* a short wait */
			:: got == EMPTY ->
#ifdef BUG_LOOK_BEFORE_SLEEP
				if
				:: LOOKS_EMPTY -> ok = true
				:: else -> ok = false
				fi;
				sleeping = true;
#else
				sleeping = true;
				if
				:: LOOKS_EMPTY -> ok = true
				:: else -> ok = false
				fi;
#endif
				if
				:: ok ->
end_sleep:				atomic {
						(signalled || stop) ->
						signalled = false
					}
				:: else
				fi;
				sleeping = false;
				ok = false
			fi
		od;
		inside = false;
		n = 0; got = 0
	od
}

/* A look, the end of the poll, and the reaping. */
proctype owner()
{
	int s, nx;
	bool ok, more;
	byte n, prev, a, b, e;
	mtype got;

	pop(got, n, nx, prev);
	if
	:: got == NODE -> take(n, s, nx, ok, a, b, e, prev)
	:: else
	fi;
	closed = true;
	reap(got, n, nx, prev, s, more);
	drop_queue()
}

init
{
	byte i;

	atomic {
		head = STUB;
		tail = STUB;
		next[STUB] = NIL;
		word[0] = REGISTERED | EDGE;
		word[1] = REGISTERED | ONESHOT;
		low[0] = 1; high[0] = 1; low[SLOTS] = 1; high[SLOTS] = 1;
		newest[0] = 1;
		newest[1] = 1;
		queue_refs = 1 + REGS;
#ifdef LIFETIME
		refs[0] = 3;
		refs[1] = 2;
		run owner();
		run producer(0, 1);
		run producer(0, NIL);
		run destroyer(0);
		run destroyer(1)
#endif
#ifdef SLEEP
		/* the destroyer has one, and the producers one each */
		refs[0] = 2;
		refs[1] = 2;
		refs[DESTROYED]++;
		run producer(UPDATED, NIL);
		run producer(DESTROYED, NIL);
		refs[UPDATED]++;	/* the updater's, never given back */
		run updater(UPDATED);
		run destroyer(DESTROYED);
		run poller();
		run poller()
#endif
	}

	timeout;

	/* nothing moves any more: what was set was told */
	for (i : 0 .. REGS - 1) {
		assert(!unseen[i]);
		assert(freed[i] || !listed[i]);
		assert(freed[i] == (refs[i] == 0))
	}
#ifdef LIFETIME
	assert(freed[0] && freed[1] && queue_freed && queue_refs == 0)
#else
	stop = true
#endif
}
