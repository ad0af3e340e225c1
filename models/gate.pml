/* SPDX-License-Identifier: MIT */

/*
 * The gate of a poll: a model for Spin of src/poll/gate.c.
 *
 * What is modelled. Each atomic operation of gate.c, each taking and giving
 * back of the lock and each wait is one step, and the steps of all threads
 * interleave in every order. Inside the lock the steps stay apart, since the
 * compare-and-swaps of those outside go on. Here and there:
 *
 *	try_enter		mio__gate_try_enter()
 *	enter			mio__gate_enter(), which is
 *	  announce		enter_or_announce_locked()
 *	  wait_in_queue		wait_in_queue_locked(), with the wait for the
 *				condition, which may end by itself
 *	  give_up		give_up_locked()
 *	leave			mio__gate_leave(), hand_over_locked()
 *
 * Each thread enters ROUNDS times; thread i < TIMEOUTS gives up when it likes,
 * the others wait for ever. The list is an array of threads in order of their
 * coming. What is not modelled: links (its list is cut out of the middle by
 * position), memory orders, the clock: a deadline passes at any moment.
 *
 * What is claimed:
 *
 *	- one thread is inside at a time
 *	- when the lock is free, the state is QUEUED exactly if the list is not
 *	  empty, and FREE only if nobody is inside or let in
 *	- who is let in is the one that waited longest, and it enters, also when
 *	  its deadline passed just then; so no turn is lost
 *	- nobody who waits sees more than the others, each once, go in before it
 *	- every thread gets through, and the gate is FREE at the end
 *	- with -DFOREVER, where nobody has a deadline and all go on for ever,
 *	  who stands in the list gets in at last, if no thread stands still
 *	  (weak fairness). With deadlines others could keep the lock from it,
 *	  which is no fair one; the count of those that go before it holds then
 *
 * BUG_... puts in a mistake that has to be found.
 */

#ifndef THREADS
#define THREADS 3
#endif
#ifndef TIMEOUTS
#define TIMEOUTS 2
#endif
#ifndef ROUNDS
#define ROUNDS 2
#endif

#define FREE   0
#define HELD   1
#define QUEUED 2
#define NONE   THREADS

byte state = FREE;
bit locked;
byte list[THREADS] = NONE;
byte length;
bit granted[THREADS];
bit woken[THREADS]; /* the condition was signalled */

/* What only the claims know. */
byte inside;
byte passed[THREADS]; /* entries of others since it stands in the list */
byte through;
bit waits; /* the last thread stands in the list, or was let in */

#define check_unlocked() \
	assert((state == QUEUED) == (length > 0)); \
	assert(state != FREE || inside == 0)

inline lock()
{
	atomic { !locked -> locked = 1 }
}

inline unlock()
{
	d_step { check_unlocked(); locked = 0 }
}

inline come_in(i)
{
	assert(inside == 0);
	inside++;
	j = 0;
	do
	:: j < length ->
		passed[list[j]]++;
		assert(passed[list[j]] < THREADS);
		j++
	:: else -> break
	od;
	passed[i] = 0;
	waits = (i == THREADS - 1 -> 0 : waits);
	j = 0
}

inline try_enter(i, in)
{
	atomic {
		if
		:: state == FREE -> state = HELD; in = 1; come_in(i)
		:: else -> in = 0
		fi
	}
}

inline announce(i, in)
{
	do
	:: try_enter(i, in);
		if
		:: in -> break
		:: else
		fi;
		atomic {
			if
			:: state == FREE -> skip
			:: else -> state = QUEUED; break
			fi
		}
	od
}

/* Out of the list, from wherever in it. */
inline give_up(i)
{
	atomic {
		j = 0;
		do
		:: list[j] != i -> j++
		:: else -> break
		od;
		do
		:: j + 1 < length -> list[j] = list[j + 1]; j++
		:: else -> break
		od;
		list[j] = NONE;
		length--;
		passed[i] = 0;
		waits = (i == THREADS - 1 -> 0 : waits);
		j = 0
	};
	if
	:: length == 0 -> state = HELD
	:: else
	fi
}

inline wait_in_queue(i, in)
{
	d_step {
		list[length] = i;
		length++;
		passed[i] = 0;
		waits = (i == THREADS - 1 -> 1 : waits)
	};
	late = 0;
	do
	:: granted[i] -> break
	:: !granted[i] ->
		/* gives the lock back while it waits, and takes it again */
		unlock();
		if
		:: atomic { woken[i] && !locked -> woken[i] = 0; locked = 1 }
		:: atomic { i < TIMEOUTS && !locked -> late = 1; locked = 1 }
		fi;
		if
		:: !late
#ifdef BUG_LATE
		:: late -> break
#elif defined(BUG_LATE_GRANT)
		:: late ->
			/* does not look whether it was let in */
			if
			:: !granted[i] -> give_up(i)
			:: else -> granted[i] = 0
			fi;
			break
#else
		:: late ->
			if
			:: !granted[i] -> give_up(i)
			:: else
			fi;
			break
#endif
		fi
	od;
	atomic {
		in = granted[i];
		if
		:: in -> come_in(i)
		:: else
		fi;
		granted[i] = 0;
		woken[i] = 0;
		late = 0
	}
}

inline enter(i, in)
{
	try_enter(i, in);
	if
	:: in
	:: else ->
		lock();
		announce(i, in);
		if
		:: in
		:: else -> wait_in_queue(i, in)
		fi;
		unlock()
	fi
}

inline hand_over(next)
{
	if
	:: length == 0 -> state = FREE
	:: else ->
		d_step {
#ifdef BUG_LIFO
			next = list[length - 1];
#else
			next = list[0];
			j = 0;
			do
			:: j + 1 < length -> list[j] = list[j + 1]; j++
			:: else -> break
			od;
#endif
			length--;
			list[length] = NONE;
			j = 0
		};
		if
#ifdef BUG_STATE
		:: false
#else
		:: length == 0 -> state = HELD
#endif
		:: else
		fi;
		d_step { granted[next] = 1; woken[next] = 1; next = 0 }
	fi
}

inline leave(next, seen)
{
	d_step { assert(inside == 1); inside-- };
#ifdef BUG_LEAVE
	/* looks, and decides on what it saw; no compare-and-swap */
	seen = state;
	if
	:: seen == HELD -> state = FREE
	:: else ->
#else
	atomic {
		seen = state;
		if
		:: state == HELD -> state = FREE
		:: else
		fi
	};
	if
	:: seen == HELD
	:: else ->
#endif
		seen = 0;
#ifdef BUG_LEAVE_EMPTY
		/* looks at the list before it has the lock */
		if
		:: length == 0 -> state = FREE
		:: else -> lock(); hand_over(next); unlock()
		fi
#else
		lock();
		hand_over(next);
		unlock()
#endif
	fi;
	seen = 0
}

active [THREADS] proctype thread()
{
	byte i, j, round, next, seen;
	bit in, late;

	i = _pid;
#ifdef FOREVER
	do
	:: enter(i, in);
		if
		:: in ->
			leave(next, seen);
			in = 0
		:: else
		fi
	od
#else
	do
	:: round < ROUNDS ->
		enter(i, in);
		if
		:: in -> leave(next, seen); in = 0
		:: else -> assert(i < TIMEOUTS)
		fi;
		round++
	:: else -> break
	od;
	round = 0;
	d_step {
		through++;
		assert(through < THREADS || (state == FREE && length == 0))
	}
#endif
}

#ifdef FOREVER
ltl it_gets_in { [] (waits -> <> !waits) }
#endif
