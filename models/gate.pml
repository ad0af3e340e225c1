/* SPDX-License-Identifier: MIT */

/*
 * The gate of a poll, as in src/poll/gate.c: one word, a lock, and a list of
 * those who wait. Each atomic operation there is one step here, and so are the
 * taking and giving back of the lock. A waiter with a deadline may give up at
 * any moment that it does not hold the lock.
 *
 * Three threads come twice each, one of them with no deadline. Checked: no two
 * are inside; a turn that was granted is taken; under the lock the word says
 * QUEUED exactly when somebody stands in the list; the list is let in from the
 * front; when nothing can move any more everybody has got through and the gate
 * is free, so it never shuts for good.
 *
 * With BUG_... defined a mistake is put in, which Spin must find.
 */

#define THREADS 3

mtype = { FREE, HELD, QUEUED };

mtype state = FREE;
bool locked;

byte list[THREADS];
byte waiting;
bool granted[THREADS];

byte inside;
byte tickets, ticket[THREADS];	/* who came when */
byte entered, gave_up;

inline lock()
{
	atomic { !locked -> locked = true }
}

inline unlock()
{
	atomic {
		assert((state == QUEUED) == (waiting > 0));
		locked = false
	}
}

inline try_enter(in)
{
	atomic {
		if
		:: state == FREE -> state = HELD; in = true
		:: else -> in = false
		fi
	}
}

/* enter_or_announce_locked(): in, or the word says QUEUED */
inline enter_or_announce(in, said)
{
	said = false;
	in = false;
	do
	:: in || said -> break
	:: else ->
		try_enter(in);
		if
		:: in -> skip
		:: else ->
			atomic {
				if
				:: state == HELD -> state = QUEUED; said = true
				:: state == QUEUED -> said = true
				:: else
				fi
			}
		fi
	od
}

inline give_up(me, i)
{
	d_step {
		i = 0;
		do
		:: list[i] != me -> i++
		:: else -> break
		od;
		do
		:: i + 1 < waiting -> list[i] = list[i + 1]; i++
		:: else -> break
		od;
		waiting--;
		list[waiting] = 0;
		i = 0
	};
	if
	:: waiting == 0 -> state = HELD
	:: else
	fi
}

inline enter(me, deadline, in, said, i)
{
	try_enter(in);
	if
	:: in -> skip
	:: else ->
		lock();
		enter_or_announce(in, said);
		if
		:: in -> skip
		:: else ->
			d_step {
				granted[me] = false;
				list[waiting] = me;
				waiting++;
				tickets++;
				ticket[me] = tickets
			};
			/* pthread_cond_timedwait(): gives the lock back */
			unlock();
			if
			:: granted[me] -> lock()
			:: deadline -> lock()
			fi;
			in = granted[me];
#ifdef BUG_GIVES_UP_WHAT_IT_WAS_GRANTED
			if
			:: deadline -> in = false
			:: else
			fi;
#endif
			if
			:: granted[me] -> skip
			:: else -> give_up(me, i)
			fi
		fi;
#ifndef BUG_GIVES_UP_WHAT_IT_WAS_GRANTED
		assert(in || !granted[me]);
#endif
		granted[me] = false;
		unlock()
	fi
}

inline hand_over(next, i)
{
	if
	:: waiting == 0 -> state = FREE
	:: else ->
		d_step {
#ifdef BUG_LAST_FIRST
			next = list[waiting - 1];
			waiting--;
#else
			next = list[0];
			i = 0;
			waiting--;
			do
			:: i < waiting -> list[i] = list[i + 1]; i++
			:: else -> break
			od;
			i = 0;
#endif
			list[waiting] = 0;
			assert(waiting == 0 ||
			    ticket[next] < ticket[list[0]])
		};
		if
		:: waiting == 0 -> state = HELD
		:: else
		fi;
		granted[next] = true;
		next = 0
	fi
}

inline leave(next, i)
{
#ifdef BUG_LOOKS_WITHOUT_CHANGING
	if
	:: state == HELD -> state = FREE
	:: else ->
#else
	if
	:: atomic { state == HELD -> state = FREE }
	:: else ->
#endif
		lock();
		hand_over(next, i);
		unlock()
	fi
}

proctype thread(byte me; bool deadline)
{
	bool in, said;
	byte times, i, next;

	do
	:: times == 2 -> break
	:: else ->
		times++;
		enter(me, deadline, in, said, i);
		if
		:: in ->
			atomic {
				assert(inside == 0);
				inside++;
				entered++
			}
			atomic { inside--; in = false }
			leave(next, i)
		:: else -> gave_up++
		fi
	od
}

init
{
	atomic {
		run thread(0, true);
		run thread(1, true);
		run thread(2, false)
	}

	timeout;

	assert(_nr_pr == 1);
	assert(state == FREE && waiting == 0 && !locked && inside == 0);
	assert(entered + gave_up == 2 * THREADS)
}
