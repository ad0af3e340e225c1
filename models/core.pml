/* SPDX-License-Identifier: MIT */

/*
 * A Spin model of threads that wait in a poll simultaneously, of the collector,
 * of wakes, and of the alarm: src/core/core.[ch] and src/core/collect.c.
 * models/check.sh runs it in several configurations.
 *
 * What is modelled. Each atomic operation of the C files, each system call, and
 * each acquire and release of the poll's lock is one step, and the steps of all
 * processes interleave in every order. This is sequential consistency; the head
 * comments of the C files argue why the weaker memory orders are sufficient.
 * The processes and inlines of the model stand for these functions:
 *
 *	wake, send_wake, push		mio__core_wake(), _send_wake() and
 *					mio__readiness_push()
 *	enter, leave			the same in collect.c
 *	check, expire, set_alarm	check_locked() with the check_due() of a
 *					timer, mio__deadlines_check(),
 *					mio__deadlines_set_alarm()
 *	prepare_timed			mio__deadlines_prepare()
 *	gather, report			mio__ready_queue_accept(), mio__report()
 *	collect				the same in collect.c
 *	add_waiter, kernel		add_waiter(), mio__selector_wait()
 *	fill				fill(), wait_in_kernel(),
 *					append_from_kernel() and cancelled()
 *	wake_next			the end of mio__collect_wait()
 *	poller				mio__collect_wait(), _now()
 *	arm, outer			mio__collect_arm(), and another loop
 *					that waits for mio_poll_fd()
 *	changed, stale			mio__deadlines_changed(), _stale()
 *	user				sets, moves and cancels timeouts
 *	registrar			register_source(), deregister_source()
 *					of timer.c
 *	destroyer			mio_timer_destroy()
 *	closer				mio__collect_close()
 *
 * The kernel. A write to the waker leaves one record, even if one was there
 * before, and one wait consumes it. The alarm does the same, at any moment from
 * its time on; with EARLY also before it, and the wait then says that it was the
 * alarm. Neither uses an element of the array. A wait ends because of a
 * record, because of a kernel event, of which there are at most KERNEL, or by
 * itself, at most NAPS times in all. A run may have fewer of these, so that
 * none of them can hide an earlier mistake.
 *
 * The clock counts to END and may stop earlier. A process may read a time that
 * is one unit old, as SLACK allows. A timer has one timeout; checking it is one
 * step, because the timer has a lock.
 *
 * What is not modelled. The words of the sources (see readiness.pml): here each
 * source is registered or not, ready or not, and queued or not, and changes in
 * one step. The links of the queue: a push is one step, because it is one
 * compare-and-swap, and the collector pops the whole stack at once. A signal
 * handler that pushes is another producer.
 *
 * What is claimed, by assertions at the step that would violate it:
 *
 *	- only one thread at a time is inside the collector, and only that
 *	  thread accesses the list of queued sources
 *	- when no process can proceed (Spin's timeout) while a thread waits in
 *	  the kernel, or while another loop waits for the poll that it armed,
 *	  then every due event and every timeout that has passed has been
 *	  reported, and no level remains
 *	- at that point no signal is marked as under way that was not sent
 *	- an event that a thread pushes before it polls without waiting is
 *	  reported by that call or by another thread, or another thread was
 *	  inside the collector during the call
 *	- no array is overrun; no event is lost with a cancelled thread
 *	- nothing is written to the waker after it was closed; no process
 *	  accesses the poll after it was freed, or a timer after it was
 *	  destroyed; at the end both are freed
 *	- a timer is in the list of timed sources exactly while it is registered
 *
 * Configurations, all by -D: the numbers POLLERS, ROUNDS (of each), CAPACITY
 * (of the arrays), PRODUCERS, PUSHES (of each), LEVELS (the sources that are
 * not edge-triggered), NAPS, KERNEL and CANCELS; LOOKERS threads push, and poll
 * without waiting; ARM adds an outer loop; TIMERS, USERS, OPS, REGISTRARS and
 * DESTROYER are for the timers; NOALARM is a selector without an alarm, and
 * REFUSED one whose alarm permanently fails at any time; with SOONER users move
 * timeouts only to an earlier time; with EXACT no process reads an old time;
 * with EARLY the alarm may fire before its time;
 * CLOSE ends the poll at any time. BUG_... adds a mistake that Spin must find.
 */

#ifndef POLLERS
#define POLLERS 2
#endif
#ifndef ROUNDS
#define ROUNDS 2
#endif
#ifndef CAPACITY
#define CAPACITY 1
#endif
#ifndef PRODUCERS
#define PRODUCERS 2
#endif
#ifndef PUSHES
#define PUSHES 1
#endif
#ifndef LEVELS
#define LEVELS 0
#endif
#ifndef LOOKERS
#define LOOKERS 0
#endif
#ifndef NAPS
#define NAPS 1
#endif
#ifndef KERNEL
#define KERNEL 1
#endif
#ifndef CANCELS
#define CANCELS 0
#endif
#ifndef TIMERS
#define TIMERS 0
#endif
#ifndef USERS
#define USERS 0
#endif
#ifndef OPS
#define OPS 2
#endif
#ifndef REGISTRARS
#define REGISTRARS 0
#endif
#ifndef END
#define END 3
#endif
#ifdef BUG_NO_SLACK
#define SLACK 0
#else
#define SLACK 1
#endif

/* The first sources are timers; then one for each producer and looker. */
#define SOURCES (TIMERS + PRODUCERS + LOOKERS)
#define NEVER   100

/* The bits of waiters. */
#define WAKE_PENDING 1
#define ARMED        2
#define WAITER       4

/* The states of deadlines. */
#define NONE  0
#define SET   1
#define STALE 2

/* The states of collector. */
#define FREE     0
#define NONEMPTY 1
#define HELD     2

byte waiters;
byte collector;
bit kernel_first; /* in the word of collector; only its holder accesses it */
chan incoming = [SOURCES] of { byte }; /* the oldest first */
chan list = [SOURCES] of { byte };
bit closed;
byte refs = 1;

/* The word of a source, and whether it is registered. */
bit queued[SOURCES], ready[SOURCES], on[SOURCES];

#define is_level(s) ((s) >= TIMERS && (s) < TIMERS + LEVELS)

/* The kernel. */
bit record;       /* of the waker, not yet consumed */
byte events;      /* of descriptors */
bit epoll_closed; /* and the alarm */
bit waker_closed;

#if TIMERS > 0
bit lock; /* of the poll */
byte now = 1;
byte alarm = NEVER;
bit alarm_record;
#ifdef EARLY
#define IS_EARLY (alarm != NEVER)
#define RANG     rang = 1
#else
#define IS_EARLY false
#define RANG     skip
#endif
#ifdef NOALARM
bit alarm_works;
#else
bit alarm_works = 1;
#endif
byte alarm_time = NEVER;
bit alarm_rang; /* the alarm, maybe before its time */
byte deadlines;
bit listed[TIMERS], reported[TIMERS];
byte deadline[TIMERS] = NEVER;
byte wheel_now[TIMERS];
bit timer_destroyed;
#define alarm_over alarm_record
#else
#define alarm_over   false
#define deadlines    NONE
#endif

byte naps, cancels; /* how many remain */

/* Used only by the claims. */
bit unreported[SOURCES];
bit inside;
bit outer_sleeps;
bit others_entered; /* since the looker began its poll */
byte asleep;
byte was_reported[SOURCES];
byte pollers_done, producers_done, users_done, registrars_done;
bit poll_freed;
bit stop;

/* Temporaries of one step: 0 between steps. */
byte x, y;

#define poll_is_there() assert(!poll_freed)
#define has_incoming    (closed || len(incoming) > 0)
#define somebody_waits  ((waiters & ~WAKE_PENDING) != 0)

/* ---- core.c */

inline write_wake()
{
#ifdef BUG_WAKE_IS_LOST
	d_step { poll_is_there(); assert(!waker_closed) }
#else
	d_step { poll_is_there(); assert(!waker_closed); record = 1 }
#endif
}

inline send_wake()
{
	if
	:: atomic { !(waiters & WAKE_PENDING) -> poll_is_there();
		waiters = waiters | WAKE_PENDING };
		write_wake()
	:: atomic { waiters & WAKE_PENDING -> poll_is_there() }
	fi
}

inline wake()
{
	if
	:: atomic { waiters != 0 && !(waiters & WAKE_PENDING) ->
		poll_is_there() };
		send_wake()
	:: atomic { waiters == 0 || (waiters & WAKE_PENDING) -> poll_is_there() }
	fi
}

/* Called by the process that set QUEUED. If closed, discards the source. */
inline push(s)
{
	if
	:: atomic { !closed -> poll_is_there(); incoming!s };
		wake()
	:: atomic { closed -> poll_is_there(); queued[s] = 0; unreported[s] = 0 }
	fi
}

inline set(s)
{
#ifdef BUG_WAKE_FIRST
	wake();
	atomic {
		ready[s] = 1;
		unreported[s] = 1;
		was_reported[s] = 0;
		if
		:: !queued[s] && !closed -> queued[s] = 1; incoming!s
		:: else
		fi
	}
#else
	if
	:: atomic { queued[s] -> ready[s] = 1; unreported[s] = 1;
		was_reported[s] = 0 }
	:: atomic { !queued[s] -> ready[s] = 1; unreported[s] = 1; queued[s] = 1;
		was_reported[s] = 0 };
		push(s)
	fi
#endif
}

/* ---- the collector */

#if LOOKERS > 0
#define ENTERED others_entered = others_entered || !looks
#else
#define ENTERED skip
#endif

inline enter(ok)
{
#ifdef BUG_ENTER_TORN
	ok = (collector != HELD);
	if
	:: ok -> atomic { assert(!inside); inside = 1;
		collector = HELD }
	:: else
	fi
#else
	if
	:: atomic { collector != HELD -> poll_is_there(); assert(!inside);
		inside = 1; collector = HELD; ok = 1; ENTERED }
	:: atomic { collector == HELD -> poll_is_there(); ok = 0 }
	fi
#endif
}

#if TIMERS > 0

inline take_lock()
{
	atomic { !lock -> poll_is_there(); lock = 1 }
}

/* seen: the clock. least: the earliest deadline. i, owes: 0 between calls. */
inline check(seen, least, i, owes)
{
	atomic {
		least = NEVER;
		if
		:: seen = now
#ifndef EXACT
		:: now > 1 -> seen = now - 1
#endif
		fi
	};
	do
	:: i < TIMERS ->
		d_step {
			assert(!listed[i] || !timer_destroyed || i > 0);
			owes = 0;
			if
			:: !listed[i] || reported[i] || !on[i]
			:: else ->
				if
				:: deadline[i] <= seen ->
					reported[i] = 1;
					ready[i] = 1;
					unreported[i] = 1;
					wheel_now[i] = seen;
					owes = !queued[i];
					queued[i] = 1
				:: else ->
					if
					:: deadline[i] < least ->
						least = deadline[i]
					:: else
					fi
				fi
			fi
		};
		if
		:: owes ->
			atomic {
				owes = 0;
				if
				:: closed -> queued[i] = 0; unreported[i] = 0
				:: else -> incoming!i
				fi
			}
		:: else
		fi;
		i++
	:: else -> i = 0; break
	od
}

/* Clears the alarm and sets the new time in one step, under the lock. */
inline set_alarm(seen, least, i, owes, is_set)
{
	take_lock();
#ifdef BUG_SET_AFTER_THE_CHECK
	check(seen, least, i, owes);
#endif
	if
	:: alarm_works -> deadlines = SET
	:: !alarm_works
	fi;
#ifndef BUG_SET_AFTER_THE_CHECK
	check(seen, least, i, owes);
#endif
	atomic {
		if
		:: alarm_rang && alarm_works -> alarm_rang = 0; alarm_time = 0
		:: !alarm_rang || !alarm_works
		fi;
		if
		:: !alarm_works ->
			is_set = (least >= alarm_time && alarm_time > seen)
#ifdef BUG_ALARM_BELIEVED
		:: alarm_works && least == alarm_time -> is_set = 1
#else
		:: alarm_works && least == alarm_time && least > seen + SLACK ->
			is_set = 1
#endif
#ifdef REFUSED
		:: alarm_works && (least != alarm_time || least <= seen + SLACK) ->
#ifdef BUG_REFUSED_COUNTED_ON
			alarm_time = least;
#else
			alarm_time = NEVER;
#endif
			alarm_works = 0;
			alarm = NEVER;
			is_set = 0
#endif
		:: alarm_works && (least != alarm_time || least <= seen + SLACK) ->
			alarm_time = least;
			alarm = least;
			alarm_record = 0;
			is_set = 1
		fi
	};
	atomic {
		if
		:: !is_set -> deadlines = STALE
#ifdef BUG_NONE_BY_A_STORE
		:: is_set && alarm_works && least == NEVER -> deadlines = NONE
		:: is_set && !(alarm_works && least == NEVER)
#else
		:: is_set && alarm_works && least == NEVER && deadlines == SET ->
			deadlines = NONE
		:: is_set && !(alarm_works && least == NEVER && deadlines == SET)
#endif
		fi;
		seen = 0;
		least = 0;
		lock = 0
	};
	if
	:: atomic { has_incoming -> poll_is_there(); is_set = 0 };
		wake()
	:: atomic { !has_incoming && is_set -> poll_is_there(); is_set = 0 }
	:: atomic { !has_incoming && !is_set -> poll_is_there() };
#ifndef BUG_REFUSED_QUIETLY
		if
		:: waiters >= WAITER -> wake()
		:: waiters < WAITER
		fi
#endif
	fi
}

#define SET_ALARM set_alarm(seen, least, i, owes, is_set)
#define HAS_NO_ALARM (deadlines == STALE && !alarm_works)

inline expire(seen, least, i, owes)
{
	take_lock();
	if
	:: deadlines == STALE -> check(seen, least, i, owes)
	:: deadlines != STALE ->
		atomic {
			if
			:: seen = now
#ifndef EXACT
			:: now > 1 -> seen = now - 1
#endif
			fi
		};
		if
		:: alarm_time <= seen + SLACK ->
#ifndef BUG_EXPIRED_BELIEVED
			deadlines = STALE;
#endif
			check(seen, least, i, owes)
		:: alarm_time > seen + SLACK
		fi
	fi;
	atomic { seen = 0; least = 0; lock = 0 }
}

#define EXPIRE \
	if \
	:: deadlines != NONE -> expire(seen, least, i, owes) \
	:: deadlines == NONE \
	fi

/* For a waiter, before its wait; wait becomes whether to wait. */
inline prepare_timed(wait, until)
{
	if
	:: alarm_works -> SET_ALARM
	:: !alarm_works
	fi;
	if
	:: alarm_works
	:: !alarm_works ->
		take_lock();
		check(seen, least, i, owes);
		atomic {
			alarm_time = least;
			until = least;
			wait = (least > seen);
			if
			:: !listed[0] && !listed[TIMERS - 1] -> deadlines = NONE
			:: listed[0] || listed[TIMERS - 1]
			fi;
			seen = 0;
			least = 0;
			lock = 0
		};
		if
		:: has_incoming -> wait = 0
		:: !has_incoming
		fi
	fi
}
#else
#define SET_ALARM    skip
#define EXPIRE       skip
#define HAS_NO_ALARM false
#define prepare_timed(wait, until) skip
#endif

/* After let_go(), unless BUG_WAKES_INSIDE. left: the list was not empty. */
inline pass_on(left)
{
#ifdef BUG_NOT_PASSED_ON
	left = 0
#else
	if
	:: atomic { (waiters & ~WAKE_PENDING) == 0 -> poll_is_there(); left = 0 }
	:: atomic { (waiters & ~WAKE_PENDING) != 0 -> poll_is_there() };
		if
		:: atomic { left || has_incoming -> poll_is_there();
			left = 0 };
			wake()
		:: atomic { !left && !has_incoming -> poll_is_there() }
		fi
	fi
#endif
}

inline let_go()
{
	atomic {
		poll_is_there();
		assert(inside && collector == HELD);
		inside = 0;
#ifdef BUG_LEFT_UNTOLD
		collector = FREE
#else
		collector = (len(list) > 0 -> NONEMPTY : FREE)
#endif
	}
}

inline leave(left)
{
	left = (len(list) > 0);
#if defined(BUG_WAKES_INSIDE)
	pass_on(left);
	let_go()
#elif defined(BUG_WAITERS_FIRST)
	if
	:: (waiters & ~WAKE_PENDING) == 0 -> let_go(); left = 0
	:: (waiters & ~WAKE_PENDING) != 0 -> let_go(); pass_on(left)
	fi
#else
	let_go();
	pass_on(left)
#endif
}

/* Reports each source now in the list once, as far as there is room. */
inline report(room, count, taken)
{
	atomic { assert(inside); count = len(list) };
	do
	:: count > 0 && taken < room ->
		atomic {
			assert(inside);
			list?x;
			count--;
			if
			:: ready[x] && on[x] ->
				taken++;
				unreported[x] = 0;
				was_reported[x] = 1;
				if
				:: is_level(x) -> list!x
				:: else -> queued[x] = 0
				fi
			:: else -> queued[x] = 0; unreported[x] = 0
			fi;
			x = 0
		}
	:: else -> count = 0; break
	od
}

/* Appends the stack to the list, in reverse. */
inline gather()
{
	atomic {
		poll_is_there();
		assert(inside && !closed);
		do
		:: len(incoming) > 0 -> incoming?x; list!x; x = 0
		:: len(incoming) == 0 -> break
		od
	}
}

/* ---- the wait */

#define remove_waiter() waiters = waiters - WAITER
#ifdef BUG_SIGNALLED_STAYS
#define clear_pending_wake() skip
#else
#define clear_pending_wake() waiters = waiters & ~WAKE_PENDING
#endif

/* Waits again without a timeout if internal records filled the array. */
inline refill(n, room)
{
	if
	:: n < room ->
		if
		:: atomic { events > 0 -> events--; n++ }
		:: atomic { events == 0 && record -> record = 0 }
#if TIMERS > 0
		:: atomic { events == 0 && alarm_record -> alarm_record = 0;
			RANG }
#endif
		:: events == 0 && !record && !alarm_over
		fi
	:: else
	fi
}

/* wait: whether to wait; it is 0 afterwards if the thread must not. */
inline add_waiter(wait, until)
{
#ifndef BUG_LOOK_FIRST
	waiters = waiters + WAITER;
#endif
	if
	:: has_incoming -> wait = 0
	:: !has_incoming ->
		if
		:: collector == NONEMPTY -> wait = 0
		:: collector != NONEMPTY
		fi
	fi;
#ifdef BUG_LOOK_FIRST
	waiters = waiters + WAITER;
#endif
	if
	:: wait && deadlines == STALE -> prepare_timed(wait, until)
	:: !wait || deadlines != STALE
	fi
}

#if TIMERS > 0
#define UNTIL until
#define HAS_COME(u) ((u) <= now)
#define CLEAR_UNTIL until = NEVER
#else
#define UNTIL 0
#define HAS_COME(u) false
#define CLEAR_UNTIL skip
#endif

/*
 * wait: whether to wait; the wait ends by itself at until. ended: by the
 * timeout of the caller. was_cancelled: the thread was cancelled.
 */
inline kernel(wait, until, room, n, woken, ended, was_cancelled)
{
	atomic { assert(!epoll_closed); asleep = asleep + wait };
	if
	:: atomic { record -> record = 0; woken = 1; asleep = asleep - wait }
#if TIMERS > 0
	:: atomic { alarm_record -> alarm_record = 0; woken = 1; RANG;
		asleep = asleep - wait }
#endif
	:: atomic { events > 0 -> events--; n = 1; asleep = asleep - wait }
	:: atomic { wait && naps > 0 -> naps--; ended = 1;
		asleep = asleep - wait }
	:: atomic { wait && HAS_COME(until) -> asleep = asleep - wait }
	:: atomic { !wait && !record && !alarm_over && events == 0 }
	:: atomic { wait && stop -> ended = 1; asleep = asleep - wait }
#if CANCELS > 0
#ifdef BUG_CANCELLED_WITH_EVENTS
	:: atomic { cancels > 0 ->
#else
	:: atomic { cancels > 0 && taken == 0 ->
#endif
		assert(taken == 0);
		cancels--; was_cancelled = 1; asleep = asleep - wait;
		if
		:: record = 0
		:: true
#if TIMERS > 0
		:: alarm_record = 0
#endif
		fi }
#endif
	fi;
	if
	:: woken -> refill(n, room)
	:: else
	fi
}

/* room: the elements of the array that remain for the queue. */
inline collect_only(room, ok, left, count, taken)
{
	enter(ok);
	if
	:: ok ->
		gather();
		report(room, count, taken);
		kernel_first = 0;
		leave(left);
		ok = 0
	:: else
	fi
}

inline collect(room, ok, left, count, taken)
{
	EXPIRE;
	collect_only(room, ok, left, count, taken);
#if TIMERS > 0 && !defined(BUG_VISIT_FORGETS_THE_ALARM)
	if
	:: deadlines == STALE ->
		if
		:: (waiters & ~WAKE_PENDING) != 0 -> SET_ALARM
		:: (waiters & ~WAKE_PENDING) == 0
		fi
	:: deadlines != STALE
	fi
#endif
}

inline has_queued(work)
{
	if
	:: has_incoming -> work = 1
	:: !has_incoming ->
		if
		:: collector != FREE -> work = 1
		:: collector == FREE -> work = 0
		fi
	fi
}

/* mio__deadlines_hand_over() */
#if TIMERS > 0
inline hand_over()
{
	take_lock();
	atomic { alarm_time = NEVER; lock = 0 };
	wake()
}

/* cancelled(), at its end */
inline pass_on_cancelled()
{
	if
	:: HAS_NO_ALARM -> hand_over()
	:: !HAS_NO_ALARM -> wake()
	fi
}
#else
#define pass_on_cancelled() wake()
#endif

/* This thread may have been the one whose wait was limited. */
inline wake_next()
{
#if TIMERS > 0 && !defined(BUG_COMES_BACK_QUIETLY)
	if
	:: HAS_NO_ALARM && (waiters & ~WAKE_PENDING) != 0 -> hand_over()
	:: !HAS_NO_ALARM || (waiters & ~WAKE_PENDING) == 0
	fi
#else
	skip
#endif
}

/* mio__deadlines_rang() */
inline has_rung()
{
	alarm_rang = 1;
	if
	:: deadlines != NONE -> deadlines = STALE
	:: deadlines == NONE
	fi
}

#if defined(EARLY) && !defined(BUG_RANG_UNTOLD)
#define IF_RUNG \
	if \
	:: rang -> rang = 0; has_rung() \
	:: !rang \
	fi
#elif defined(EARLY)
#define IF_RUNG rang = 0
#else
#define IF_RUNG skip
#endif

/* wait: as the caller asks; 0 afterwards. taken + n: the events. */
inline fill(wait, taken, n, ended, was_cancelled)
{
	EXPIRE;
	has_queued(work);
	if
	:: work -> work = 0; enter(ok)
	:: else
	fi;
	if
	:: ok ->
		atomic { ok = 0; first = kernel_first; kernel_first = 0 };
		gather();
		if
		:: len(list) > 0 && first -> wait = 0
		:: len(list) > 0 && !first -> report(CAPACITY, count, taken)
		:: len(list) == 0 -> first = 0
		fi;
		if
		:: taken > 0 -> wait = 0
		:: taken == 0
		fi;
		/* others read it when they enter */
		if
		:: taken == CAPACITY -> kernel_first = 1
		:: taken < CAPACITY
		fi;
		leave(left)
	:: else
	fi;
	if
	:: taken == CAPACITY
	:: else ->
		if
		:: wait -> counted = 1; add_waiter(wait, UNTIL)
		:: else
		fi;
		room = CAPACITY - taken;
		kernel(wait, UNTIL, room, n, woken, ended, was_cancelled);
		room = 0;
		if
		:: counted -> remove_waiter(); counted = 0
		:: else
		fi;
#ifdef BUG_HELD_STAYS_AWAY
		away = woken && collector == HELD;
#endif
		if
#ifndef BUG_SIGNAL_TAKEN_LATE
		:: woken -> clear_pending_wake(); IF_RUNG
#endif
		:: was_cancelled -> clear_pending_wake();
#if TIMERS > 0 && !defined(BUG_CANCELLED_WITH_THE_ALARM)
#ifdef BUG_CANCELLED_IS_BELIEVED
			if
			:: deadlines == SET -> has_rung()
			:: deadlines != SET
			fi;
#else
			has_rung();
#endif
#endif
#ifndef BUG_CANCELLED_QUIETLY
			pass_on_cancelled()
#endif
		:: else
		fi;
		/* with events from the queue, only for other threads */
		if
		:: woken || first -> work = !was_cancelled
		:: !woken && !first && n == 0 && taken == 0 && !was_cancelled ->
			has_queued(work)
		:: else
		fi;
#ifdef BUG_FULL_ARRAY_STAYS_AWAY
		work = work && taken + n < CAPACITY;
#endif
#ifdef BUG_HELD_STAYS_AWAY
		atomic { work = work && !away; away = 0 };
#endif
		if
		:: work ->
			work = 0;
			room = (taken > 0 -> 0 : CAPACITY - n);
			collect(room, ok, left, count, taken);
			room = 0
		:: else
		fi;
#ifdef BUG_SIGNAL_TAKEN_LATE
		if
		:: woken -> clear_pending_wake()
		:: else
		fi
#endif
	fi;
	atomic { assert(taken + n <= CAPACITY); woken = 0; first = 0;
		CLEAR_UNTIL; wait = 0 }
}

#ifdef BUG_HELD_STAYS_AWAY
#define AWAY , away
#else
#define AWAY
#endif
#if LOOKERS > 0
#define LOOKS , looks
#else
#define LOOKS
#endif
#if TIMERS > 0
#define LOCALS \
	byte count, taken, room, n, seen, least, i, until = NEVER; \
	bit wait, work, ok, left, first, counted, woken, ended, was_cancelled, owes, \
	    is_set, rang AWAY LOOKS
#else
#define LOCALS \
	byte count, taken, room, n; \
	bit wait, work, ok, left, first, counted, woken, ended, was_cancelled \
	    AWAY LOOKS
#endif

inline disarm()
{
	if
	:: waiters & ARMED -> waiters = waiters & ~ARMED
	:: !(waiters & ARMED)
	fi
}

/* ---- the threads */

inline unref()
{
	d_step {
		poll_is_there();
		refs--;
		if
		:: refs == 0 ->
			assert(!waker_closed);
			waker_closed = 1;
			poll_freed = 1
		:: else
		fi
	}
}

#if POLLERS > 0
proctype poller()
{
	LOCALS;
	byte rounds;

	do
	:: rounds < ROUNDS && !stop ->
		do
		:: wait = 1;
			fill(wait, taken, n, ended, was_cancelled);
			if
			:: taken + n > 0 || ended || was_cancelled || stop -> break
			:: else
			fi
		od;
progress:	rounds++;
		if
		:: was_cancelled -> break
		:: else -> taken = 0; n = 0; ended = 0; wake_next()
		fi
	:: else -> break
	od;
	atomic { taken = 0; n = 0; ended = 0; was_cancelled = 0; rounds = 0;
		pollers_done++ }
}
#endif

/* Sets one source, and holds a reference to the poll. */
proctype producer(byte s)
{
	byte count;

	do
	:: count < PUSHES -> set(s); count++
	:: else -> count = 0; break
	od;
#ifdef CLOSE
	unref();
#endif
	producers_done++
}

#if LOOKERS > 0
/*
 * Its poll reports what it has pushed, unless another thread reports it or is
 * inside the collector at some time during the poll.
 */
proctype looker(byte l)
{
	LOCALS;

	set(TIMERS + PRODUCERS + l);
	atomic { looks = 1; others_entered = inside };
	disarm();
	fill(wait, taken, n, ended, was_cancelled);
	atomic {
		assert(taken + n > 0 || was_reported[TIMERS + PRODUCERS + l] ||
		    others_entered);
		taken = 0; n = 0; ended = 0; looks = 0
	};
	producers_done++
}
#endif

#ifdef ARM

/* pending: something is ready. Discards sources with nothing to report. */
inline arm(pending)
{
#ifdef BUG_WAKE_TAKEN_LATE
	atomic {
		work = waiters & WAKE_PENDING;
		waiters = waiters | ARMED
	};
	if
	:: work -> work = 0; clear_pending_wake(); record = 0
	:: else
	fi;
#else
	atomic {
		work = waiters & WAKE_PENDING;
		waiters = waiters | ARMED
	};
	if
	:: work ->
		work = 0;
		record = 0;
#ifndef BUG_WAKE_TAKEN_FOR_GOOD
		clear_pending_wake()
#endif
	:: else
	fi;
#endif
	EXPIRE;
	enter(ok);
	if
	:: ok ->
		kernel_first = 0;
		gather();
		do
		:: !pending && len(list) > 0 ->
			atomic {
				list?x;
				if
				:: ready[x] && on[x] -> pending = 1; list!x
				:: else -> queued[x] = 0; unreported[x] = 0
				fi;
				x = 0
			}
		:: else -> break
		od;
		if
		:: pending -> waiters = waiters & ~ARMED
		:: else
		fi;
		leave(left);
		ok = 0
	:: else
	fi;
#if TIMERS > 0
	/* not if the caller is to poll at once */
	if
	:: !pending && deadlines != NONE -> SET_ALARM
	:: pending || deadlines == NONE
	fi
#endif
}

/* Arms, waits for the descriptor, and polls without waiting. */
proctype outer()
{
	LOCALS;
	byte rounds;
	bit pending;

	do
	:: rounds < ROUNDS && !stop ->
		arm(pending);
		if
		:: pending -> pending = 0
		:: else ->
			outer_sleeps = 1;
			atomic { record || alarm_over || events > 0 || stop ->
				outer_sleeps = 0 }
		fi;
		if
		:: stop -> break
		:: else
		fi;
		disarm();
		fill(wait, taken, n, ended, was_cancelled);
		atomic { taken = 0; n = 0; ended = 0; rounds++ }
	:: else -> break
	od;
#ifdef CLOSE
	/* a program may leave the poll armed */
	waiters = waiters | ARMED;
#endif
	rounds = 0;
	pollers_done++
}
#define OUTER 1
#else
#define OUTER 0
#endif

#if KERNEL > 0
/* Kernel events, any number up to KERNEL. */
proctype world()
{
	byte count;

	do
	:: count < KERNEL -> events++; count++
	:: break
	od;
	count = 0
}
#endif

/* ---- timers */

#if TIMERS > 0

proctype clock()
{
	do
	:: now < END -> now++
	:: break
	od
}

/* The alarm fires at its time or later. */
proctype alarm_clock()
{
	do
	:: atomic { alarm <= now || IS_EARLY -> alarm = NEVER; alarm_record = 1 }
	:: stop -> break
	od
}

/* Called after a change: mio__deadlines_changed(). */
inline changed()
{
	if
#ifdef BUG_UNTOLD_CHANGE
	:: true
#else
	:: atomic { somebody_waits -> poll_is_there() };
		SET_ALARM
	:: atomic { !somebody_waits -> poll_is_there() }
#endif
	fi
}

/* mio__deadlines_stale() */
inline stale()
{
#ifndef BUG_UNMARKED_CHANGE
	if
	:: deadlines != STALE -> deadlines = STALE
	:: deadlines == STALE
	fi;
#endif
	changed()
}

/* Sets, moves and cancels the timeout of a timer. */
#if USERS > 0
proctype user(byte t)
{
	byte ops, seen, least, i, at;
	bit owes, is_set, later;

	do
	:: ops < OPS ->
#ifdef SOONER
		at = 2;
#else
		if
		:: at = 2
		:: at = 3
		:: at = NEVER
		fi;
#endif
		atomic {
			later = (at > deadline[t] && at != NEVER);
			deadline[t] = at;
			if
			:: reported[t] && at > wheel_now[t] ->
				reported[t] = 0;
				ready[t] = 0;
				unreported[t] = 0;
				later = 0
			:: else
			fi;
			at = 0
		};
		if
		:: later -> later = 0; changed()
		:: !later -> stale()
		fi;
		ops++
	:: break
	od;
	ops = 0;
#ifdef CLOSE
	unref();
#endif
	users_done++
}
#endif

inline register()
{
	take_lock();
	if
	:: atomic { !on[0] ->
		on[0] = 1;
		unreported[0] = ready[0];
		if
		:: ready[0] && !queued[0] -> queued[0] = 1; owes = 1
		:: else
		fi };
		if
		:: owes -> owes = 0; push(0)
		:: else
		fi;
		d_step { assert(!listed[0]); listed[0] = 1 };
		deadlines = STALE;
		lock = 0;
		stale()
	:: on[0] -> lock = 0
	fi
}

inline remove()
{
	listed[0] = 0;
	if
	:: TIMERS == 1 || !listed[TIMERS - 1] ->
		deadlines = NONE;
		d_step {
			if
			:: alarm_time != NEVER ->
				alarm_time = NEVER;
				alarm = NEVER;
				alarm_record = 0
			:: else
			fi
		}
	:: else
	fi
}

inline deregister()
{
#ifdef BUG_DEREGISTER_UNLOCKED
	if
	:: atomic { on[0] -> on[0] = 0; unreported[0] = 0 };
		take_lock();
		remove();
		lock = 0;
		changed()
	:: !on[0]
	fi
#else
	take_lock();
	if
	:: atomic { on[0] -> on[0] = 0; unreported[0] = 0 };
		remove();
		lock = 0;
		changed()
	:: on[0] == 0 -> lock = 0
	fi
#endif
}

#if REGISTRARS > 0
/* One registrar starts with a deregister, the other with a register. */
proctype registrar(byte r)
{
	byte seen, least, i;
	bit owes, is_set;

	if
	:: r % 2 == 0 -> deregister(); register()
	:: else -> register(); deregister(); register()
	fi;
	registrars_done++
}
#endif

#ifdef DESTROYER
/* Destroys timer 0, which no other process uses any more. */
proctype destroyer()
{
	byte seen, least, i;
	bit owes, is_set;

	users_done == USERS && registrars_done == REGISTRARS;
#ifdef BUG_DESTROYED_IN_THE_LIST
	timer_destroyed = 1;
	take_lock();
	remove();
	lock = 0;
#else
	take_lock();
	remove();
	lock = 0;
	timer_destroyed = 1;
#endif
	atomic { on[0] = 0; unreported[0] = 0; ready[0] = 0 }
}
#endif

#endif

/* ---- the end */

#ifdef CLOSE
inline close()
{
#if TIMERS > 0
	take_lock();
	d_step {
		do
		:: y < TIMERS -> listed[y] = 0; y++
		:: else -> y = 0; break
		od;
		alarm_time = NEVER;
		alarm = NEVER;
		alarm_record = 0;
		alarm_works = 0;
		epoll_closed = 1
	};
	lock = 0;
#else
	epoll_closed = 1;
#endif
#ifdef BUG_WAKER_CLOSED_EARLY
	waker_closed = 1;
#endif
	/* from here on no other process pops from the queue */
	atomic {
		assert(!inside);
		poll_is_there();
		closed = 1;
		do
		:: len(incoming) > 0 ->
			incoming?x;
#ifndef BUG_CLOSE_DOES_NOT_DISCARD
			list!x;
#endif
			x = 0
		:: len(incoming) == 0 -> break
		od
	};
	do
	:: len(list) > 0 ->
		d_step {
			assert(!inside);
			list?x;
			queued[x] = 0;
			unreported[x] = 0;
			x = 0
		}
	:: len(list) == 0 -> break
	od;
	unref()
}
#endif

#define everybody_done (pollers_done == POLLERS + OUTER)

/* Checks the claims when no process can proceed, and ends the waits. */
proctype closer()
{
	byte s;

#ifdef CLOSE
	stop = 1;
	everybody_done;
	close();
	producers_done == PRODUCERS + LOOKERS && users_done == USERS;
	d_step {
		assert(refs == 0 && poll_freed && waker_closed);
		do
		:: s < SOURCES -> assert(!queued[s]); s++
		:: else -> break
		od
	}
#else
	timeout;
	d_step {
		assert(producers_done == PRODUCERS + LOOKERS);
		assert(users_done == USERS && registrars_done == REGISTRARS);
		assert(!inside && collector != HELD);
		assert(record || !(waiters & WAKE_PENDING));
		do
		:: s < SOURCES ->
			if
			:: asleep > 0 ||
			    (outer_sleeps && (waiters & ARMED)) ->
				assert(!unreported[s]);
				assert(!is_level(s) || !ready[s] || !on[s])
			:: else
			fi;
			s++
		:: else -> break
		od;
#if TIMERS > 0
		assert(!lock);
		s = 0;
		do
		:: s < TIMERS ->
			assert(listed[s] == on[s]);
			if
			:: asleep > 0 ||
			    (outer_sleeps && (waiters & ARMED)) ->
				assert(!on[s] || reported[s] || deadline[s] > now)
			:: else
			fi;
			s++
		:: else -> break
		od;
#endif
		s = 0;
		stop = 1
	}
#endif
}

init
{
	atomic {
		do
		:: y < SOURCES -> on[y] = 1; y++
		:: else -> break
		od;
#if TIMERS > 0
		y = 0;
		do
		:: y < TIMERS -> listed[y] = 1; deadline[y] = 3 - y; y++
		:: else -> break
		od;
		deadlines = STALE;
#endif
#ifdef CLOSE
		refs = 1 + PRODUCERS + USERS;
#endif
		/* a run has up to so many of these */
		if
		:: NAPS > 0 -> naps = NAPS
		:: NAPS > 1 -> naps = 1
		:: naps = 0
		fi;
		if
		:: CANCELS > 0 -> cancels = CANCELS
		:: cancels = 0
		fi;
		y = 0;
		do
		:: y < PRODUCERS -> run producer(TIMERS + y); y++
		:: else -> break
		od;
		y = 0;
#if LOOKERS > 0
		do
		:: y < LOOKERS -> run looker(y); y++
		:: else -> break
		od;
		y = 0;
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
#if KERNEL > 0
		run world();
#endif
#if TIMERS > 0
		run clock();
		run alarm_clock();
#if USERS > 0
		do
		:: y < USERS -> run user(y % TIMERS); y++
		:: else -> break
		od;
		y = 0;
#endif
#if REGISTRARS > 0
		do
		:: y < REGISTRARS -> run registrar(y); y++
		:: else -> break
		od;
		y = 0;
#endif
#ifdef DESTROYER
		run destroyer();
#endif
#endif
		run closer()
	}
}
