/* SPDX-License-Identifier: MIT */

/*
 * A Spin model of the gate of a selector, src/sys/gate.c.
 *
 * What is modelled. All of gate.c runs under one lock, so everything from
 * acquiring the lock until releasing it or waiting is one step. The steps of
 * all threads interleave in every order: a thread that was woken checks the
 * gate some time later, and other threads may have entered, left or given up by
 * then. The processes and inlines of the model stand for these functions:
 *
 *	enter			mio__gate_enter(), which is
 *	  append		append_locked()
 *	  look			one iteration of wait_locked(), and entering
 *	  look_once_more	the last check after the deadline has passed
 *	  cancelled		cancelled()
 *	  remove		remove_locked()
 *	leave			mio__gate_leave()
 *	enter_gate		enter_gate() of src/sys/selector_poll.c: enters
 *				with a past deadline first, then with its own
 *
 * Each thread enters ROUNDS times. The deadline of thread i < TIMEOUTS passes
 * at any moment; the other threads have none. Thread i < CANCELS may be
 * cancelled whenever it waits, and then ends. (A thread that is cancelled
 * inside leaves like any other.) STRAYS waits end without a reason. The links
 * are those of gate.c: next[HEAD] is gate->first, and link[i] is the place that
 * points to thread i. The clock is not modelled, and the lock is assumed to be
 * fair: every thread that waits for it acquires it at some time.
 *
 * What is claimed:
 *
 *	- one thread is inside at a time, and the gate is held exactly then
 *	- the thread that enters is the first in line
 *	- after each step the line is exactly the waiting threads, in the order
 *	  in which they lined up, even if a thread at any place gave up or was
 *	  cancelled
 *	- the first in line does not sleep while the gate is not held: no
 *	  broadcast is lost
 *	- a thread without a deadline enters, unless it is cancelled; every
 *	  thread terminates, and then no thread is inside or in line
 *	- with -DFOREVER, where all threads repeat for ever, the last thread
 *	  enters each time, if no thread stops (weak fairness)
 *
 * BUG_... adds a mistake that Spin must find.
 */

#ifndef THREADS
#define THREADS 3
#endif
#ifndef TIMEOUTS
#define TIMEOUTS 2
#endif
#ifndef CANCELS
#define CANCELS 1
#endif
#ifndef ROUNDS
#define ROUNDS 2
#endif
#ifndef STRAYS
#define STRAYS 1
#endif

#define HEAD THREADS
#define NONE (THREADS + 1)

/* The states of a thread. */
#define OUTSIDE   0
#define WAITS     1
#define INSIDE    2
#define CANCELLED 3

bit held;
byte next[THREADS + 1] = NONE;
byte link[THREADS];
byte last = HEAD;
bit asleep[THREADS]; /* waits for the condition */
byte strays = STRAYS;

/* Used only by the claims. */
byte inside;
byte line[THREADS] = NONE; /* in the order of lining up */
byte length;
byte through;
bit last_waits; /* the last thread is in line, and its deadline is its own */

#ifdef BUG_HELD_ALONE
#define may_enter(i) (!held)
#else
#define may_enter(i) (!held && next[HEAD] == i)
#endif

/* The invariant while no thread holds the lock. */
inline check_unlocked()
{
	assert(held == inside);
	j = 0;
	k = HEAD;
	do
	:: j < length ->
		assert(next[k] == line[j]);
		assert(link[line[j]] == k);
		k = line[j];
		j++
	:: else -> break
	od;
	assert(next[k] == NONE && last == k);
	assert(held || length == 0 || !asleep[line[0]]);
	j = 0;
	k = 0
}

inline broadcast()
{
	j = 0;
	do
#ifdef BUG_WAKES_ONE
	:: j < THREADS && asleep[j] -> asleep[j] = 0; break
	:: j < THREADS && !asleep[j] -> j++
#else
	:: j < THREADS -> asleep[j] = 0; j++
#endif
	:: else -> break
	od;
	j = 0
}

inline append()
{
#ifdef BUG_LAST_IS_FIRST
	next[i] = next[HEAD];
	link[i] = HEAD;
	if
	:: next[i] != NONE -> link[next[i]] = i
	:: else -> last = i
	fi;
	next[HEAD] = i;
#else
	next[i] = NONE;
	link[i] = last;
	next[last] = i;
	last = i;
#endif
	line[length] = i;
	length++;
	last_waits = (i == THREADS - 1 -> !hurried : last_waits)
}

/* Removes thread i from the variables of the claims, at any place. */
inline forget()
{
	j = 0;
	do
	:: line[j] != i -> j++
	:: else -> break
	od;
	do
	:: j + 1 < length -> line[j] = line[j + 1]; j++
	:: else -> break
	od;
	line[j] = NONE;
	length--;
	last_waits = (i == THREADS - 1 -> 0 : last_waits);
	j = 0
}

inline remove()
{
	asleep[i] = 0;
	next[link[i]] = next[i];
	if
	:: next[i] != NONE -> link[next[i]] = link[i]
#ifdef BUG_END_STAYS
	:: else
#else
	:: else -> last = link[i]
#endif
	fi;
	next[i] = NONE;
	link[i] = 0;
	if
#ifdef BUG_STEPS_OUT_QUIETLY
	:: false
#else
	:: !held && next[HEAD] != NONE -> broadcast()
#endif
	:: else
	fi;
	forget()
}

inline go_in()
{
	assert(inside == 0);
	assert(line[0] == i);
	inside++;
	held = 1;
	remove();
	is = INSIDE
}

inline look()
{
	if
	:: may_enter(i) -> go_in()
	:: else -> asleep[i] = 1
	fi;
	check_unlocked()
}

inline look_once_more()
{
	if
	:: may_enter(i) -> go_in()
	:: else -> remove(); is = OUTSIDE
	fi;
	check_unlocked()
}

inline cancelled()
{
#ifdef BUG_CANCELLED_STAYS
	asleep[i] = 0;
	forget();
#else
	remove();
#endif
	is = CANCELLED;
	check_unlocked()
}

inline enter()
{
	d_step { is = WAITS; append(); look() };
	do
	:: atomic { is == WAITS && !asleep[i] -> look() }
	:: atomic {
		is == WAITS && (hurried || i < TIMEOUTS) -> look_once_more()
	}
	:: atomic { is == WAITS && i < CANCELS -> cancelled() }
	:: atomic {
		is == WAITS && asleep[i] && strays > 0 ->
		strays--;
		asleep[i] = 0
	}
	:: is != WAITS -> break
	od
}

inline enter_gate()
{
	hurried = 1;
	enter();
	hurried = 0;
	if
	:: is == OUTSIDE -> enter()
	:: else
	fi
}

inline leave()
{
	d_step {
		assert(inside == 1);
		inside--;
		held = 0;
		if
#ifdef BUG_LEAVES_QUIETLY
		:: false
#else
		:: next[HEAD] != NONE -> broadcast()
#endif
		:: else
		fi;
		is = OUTSIDE;
		check_unlocked()
	}
}

active [THREADS] proctype thread()
{
	byte i, j, k, round, is;
	bit hurried;

	i = _pid;
	do
	:: is != CANCELLED && round < ROUNDS ->
		enter_gate();
		if
		:: is == INSIDE -> leave()
		:: else -> assert(i < TIMEOUTS || i < CANCELS)
		fi;
#ifndef FOREVER
		round++
#endif
	:: else -> break
	od;
	round = 0;
	d_step {
		is = OUTSIDE;
		through++;
		assert(through < THREADS || (!held && length == 0))
	}
}

#ifdef FOREVER
ltl it_gets_in { [] (last_waits -> <> !last_waits) }
#endif
