/* SPDX-License-Identifier: MIT */

/*
 * A Spin model of the channel in src/channel/. models/check.sh runs it in
 * several configurations.
 *
 * What is modelled. Each atomic operation of the C files is one step, and the
 * steps under the lock are separate from other atomic operations. Where a
 * process changes one variable and then reads another one, the C files do so in
 * the same order: needs_wake and head are exchanged, seq_cst, before the other
 * one is loaded. The processes and inlines of the model stand for these functions:
 *
 *	push		mio__segments_push(), mio__ring_push()
 *	grow		grow() of channel.c, mio__segments_grow()
 *	sender		mio_sender_send(), and mio_sender_unref() of the last
 *			reference, with mio__segments_close()
 *	wait_for_room	mio__waiters_wait()
 *	wake_if_needed	mio__waiters_wake_if_needed(), mio__waiters_wake()
 *	tail_offset	mio__segments_tail_offset(), and enter_next_ring()
 *	fall_asleep	mio__segments_fall_asleep()
 *	go_idle, recv	go_idle(), recv_available() of channel.c, with room for
 *			one message or for all (BATCH), message by message
 *	sleep_alone	wait_for_one(), mio__segments_confirm_asleep(), and
 *			sleeper.c
 *	close_queue	close_queue() of channel.c, mio__segments_close()
 *
 * The readiness is reduced to what readiness.pml proves: bits that change in
 * one step, and a place in the queue. The poll is reduced to a wait for the
 * queue.
 *
 * What is not modelled: a receiver that spins before it puts the queue to sleep
 * (spin.c), which is a receiver that checks the cell later; the contents of
 * messages, except for their numbers; the wrap-around of positions; and
 * head_seen, which is never ahead of the head and only makes a sender read the
 * head earlier.
 *
 * What is claimed:
 *
 *	- each message is received once, and those of a sender in its order
 *	- a cell is written only after its previous message has been received
 *	- no process waits for ever: every sender terminates, and so does a
 *	  receiver that waits for its next event after each -EAGAIN, or after
 *	  each message with a level (otherwise Spin finds an invalid end state)
 *	- the end is reported once, after all messages have been received
 *	- a receiver that leaves at any time (LEAVE) leaves no sender waiting
 *	- a receiver that closes at any time (CLOSE) receives all messages that
 *	  were sent before, gets the end, and leaves no sender waiting
 *	- a sender that is cancelled while it sleeps (CANCEL: one may be, at any
 *	  time) leaves no other process waiting
 *
 * Configurations, all by -D: SENDERS, and MESSAGES of each of them; LIMIT, the
 * room of the first ring; RINGS, 1 for a bounded channel, otherwise as many as
 * are needed; LEVEL, a level instead of an edge; BATCH, where messages are
 * received in batches and a short batch counts as the last; LEAVE; CLOSE;
 * CANCEL; and WAIT, where the receiver waits without a poll. BUG_... adds a
 * mistake that Spin must find.
 */

#ifndef SENDERS
#define SENDERS 2
#endif
#ifndef MESSAGES
#define MESSAGES 2
#endif
#ifndef LIMIT
#define LIMIT 1
#endif
#ifndef RINGS
#define RINGS 1
#endif

#define ALL (SENDERS * MESSAGES)

/* The tail, as in ring.h. */
#define STEP   8
#define ASLEEP 1
#define CLOSED 2
#define MOVED  4
#define FLAGS  7

#define position_of(t) ((t) / STEP)
#define limit_of(r)    (LIMIT << (r))

#define NONE 255

/* Results of push and recv. */
#define DONE   0
#define WAKE   1
#define FULL   2
#define ENDED  3
#define AGAIN  4
#define CLEARS 5

byte tail[RINGS] = ASLEEP;
bit linked[RINGS]; /* the previous ring points to this one */
byte newest;
byte head;
byte filled[ALL]; /* 1 + the ring that holds the message */
byte number[ALL];

/* The readiness. */
bit readable, final, queued;

/* The senders that wait for room. */
bit lock, needs_wake;
bit woken[SENDERS];
chan line = [SENDERS] of { byte };

byte senders = SENDERS;

/* The sleeper. */
bit prepared, sleeper_woken;

/* Owned by the receiver. */
byte reading, position;
bit end_reported;

/* Used only by the claims. */
byte next_of[SENDERS];

/* ---- the readiness */

inline add()
{
	d_step { readable = 1; queued = 1 }
}

inline remove()
{
	d_step {
		if
		:: final
		:: else -> readable = 0
		fi
	}
}

inline finish()
{
	d_step { assert(!final); readable = 1; final = 1; queued = 1 }
}

/* The process that wakes the queue checks for a receiver without a poll. */
inline wake_if_prepared()
{
#ifdef WAIT
	if
	:: prepared -> sleeper_woken = 1
	:: else
	fi
#else
	skip
#endif
}

/* ---- senders */

inline push(id, n, ring, t, result)
{
	result = AGAIN;
	do
	:: result == AGAIN ->
		ring = newest;
		t = tail[ring];
		if
		:: t & CLOSED -> result = ENDED
		:: !(t & CLOSED) && (t & MOVED) -> result = FULL
		:: else ->
			/* an old position is behind the head */
			if
			:: d_step { position_of(t) >= head + limit_of(ring) ->
				result = FULL }
			:: d_step { position_of(t) < head + limit_of(ring) }
			fi;
			if
			:: result == AGAIN ->
				if
				:: d_step { tail[ring] == t ->
					tail[ring] = (t & ~FLAGS) + STEP;
					result = (t & ASLEEP -> WAKE : DONE) }
				:: d_step { tail[ring] != t }
				fi
			:: else
			fi
		fi
	:: else -> break
	od;
	if
	:: result == WAKE || result == DONE ->
		d_step {
			assert(position_of(t) < head + limit_of(ring));
			assert(!filled[position_of(t)]);
			number[position_of(t)] = (id) * MESSAGES + n;
			filled[position_of(t)] = ring + 1
		}
	:: else
	fi;
	d_step { ring = 0; t = 0 }
}

#if RINGS > 1
inline grow(ring, t)
{
	atomic { !lock -> lock = 1 };
	ring = newest;
	t = tail[ring];
	if
	:: d_step { position_of(t) >= head + limit_of(ring) -> skip };
		d_step {
			t = tail[ring];
			tail[ring] = t | MOVED
		};
#ifdef BUG_MOVED_FLAGS
		t = t & ~FLAGS;
#endif
		tail[ring + 1] = t;
		linked[ring + 1] = 1;
		newest = ring + 1
	:: d_step { position_of(t) < head + limit_of(ring) -> skip }
	fi;
	d_step { ring = 0; t = 0; lock = 0 }
}
#else

/* Holds the lock, except while it sleeps. It may end there (CANCEL). */
inline sleep(id)
{
	do
	:: d_step { woken[id] -> woken[id] = 0 }; break
	:: !woken[id] ->
		lock = 0;
		if
		:: woken[id]
#ifdef CANCEL
		:: id == 0 -> cancelled = 1
#endif
		fi;
		atomic { !lock -> lock = 1 };
#ifdef CANCEL
		if
		:: cancelled -> break
		:: else
		fi
#endif
	od
}

inline wake_first(first)
{
	d_step {
		if
		:: len(line) > 0 -> line?<first>; woken[first] = 1
		:: else
		fi;
		first = 0
	}
}

inline wait_for_room(id, n, ring, t, result, first)
{
	atomic { !lock -> lock = 1 };
	line!id;
	line?<first>;
	if
	:: first != id -> first = 0; sleep(id)
	:: else -> first = 0
	fi;
	do
#ifdef CANCEL
	:: cancelled -> result = ENDED; break
	:: !cancelled ->
#else
	:: true ->
#endif
#ifdef BUG_NEEDS_WAKE_LATE
		push(id, n, ring, t, result);
		needs_wake = 1;
#else
		needs_wake = 1;
		push(id, n, ring, t, result);
#endif
		if
		:: result == FULL -> sleep(id)
		:: else -> break
		fi
	od;
	line?<first>;
#ifdef CANCEL
	line??eval(id);
	if
	:: first != id -> first = 0
	:: else -> first = 0;
#ifdef BUG_CANCEL_KEEPS_WAKE
		if
		:: cancelled
		:: else -> needs_wake = 0; wake_first(first)
		fi
#else
		needs_wake = 0;
		wake_first(first)
#endif
	fi;
#else
	line?first;
	assert(first == id);
	first = 0;
	needs_wake = 0;
#ifndef BUG_NO_NEXT
	wake_first(first);
#endif
#endif
	lock = 0
}
#endif

proctype sender(byte id)
{
	byte n, ring, t, result, first;
#ifdef CANCEL
	bit cancelled;
#endif

	do
	:: n < MESSAGES ->
		push(id, n, ring, t, result);
#if RINGS > 1
		do
		:: result == FULL ->
			grow(ring, t);
			push(id, n, ring, t, result)
		:: else -> break
		od;
#else
		if
		:: result == FULL -> wait_for_room(id, n, ring, t, result, first)
		:: else
		fi;
#endif
		if
		:: result == WAKE -> add(); wake_if_prepared()
		:: result == DONE
		:: result == ENDED -> break
		fi;
		n++
	:: else -> break
	od;
	atomic { n = 0; result = 0; senders--; t = senders };
	if
	:: t == 0 ->
		d_step { t = tail[newest]; tail[newest] = t | CLOSED };
		if
#ifdef BUG_ENDS_TWICE
		:: t & ASLEEP ->
#else
		:: (t & ASLEEP) && !(t & CLOSED) ->
#endif
			finish(); wake_if_prepared()
		:: else
		fi
	:: else
	fi;
	t = 0
}

/* ---- the receiver */

/* ahead: the flags, or STEP or more if messages remain. */
inline tail_offset(ahead, t)
{
	do
	:: t = tail[reading];
		if
#ifdef BUG_FOLLOW_EARLY
		:: (t & MOVED) && linked[reading + 1] ->
#else
		:: (t & MOVED) && position_of(t) == position &&
		    linked[reading + 1] ->
#endif
			reading++
		:: else -> break
		fi
	od;
	ahead = (t & MOVED -> STEP : t - position * STEP)
}

inline fall_asleep(ahead, t)
{
	do
	:: tail_offset(ahead, t);
		if
#ifdef BUG_CHECK_CELLS
		:: !filled[position] || position == ALL ->
			tail[reading] = tail[reading] | ASLEEP;
			ahead = ahead & FLAGS;
			break
		:: else -> break
#else
		:: ahead >= STEP || (ahead & ASLEEP) -> break
		:: else
#endif
		fi;
		if
		:: d_step { tail[reading] == t -> tail[reading] = t | ASLEEP };
			break
		:: d_step { tail[reading] != t }
		fi
	od;
	t = 0
}

inline go_idle(result, ahead, t)
{
	tail_offset(ahead, t);
	result = CLEARS;
	if
	:: ahead >= STEP
	:: else ->
#ifndef BUG_CLEAR_LATE
		remove();
#endif
		fall_asleep(ahead, t);
#ifdef BUG_CLEAR_LATE
		remove();
#endif
		if
		:: ahead >= STEP ->
#ifndef BUG_NOT_ADDED_AGAIN
			add()
#endif
		:: ahead < STEP && !(ahead & CLOSED) -> result = AGAIN
		:: ahead < STEP && (ahead & CLOSED) ->
			result = ENDED;
			if
#ifdef BUG_END_UNREPORTED
			:: true
#endif
#ifdef BUG_END_TWICE
			:: true -> finish()
#else
			:: ahead & ASLEEP
			:: !(ahead & ASLEEP) -> finish()
#endif
			fi
		fi
	fi;
	d_step { ahead = 0; t = 0 }
}

#define is_filled (position < ALL && filled[position] == reading + 1)

/* The process that makes room checks whether a sender waits for it. */
inline wake_if_needed(first)
{
#if RINGS > 1
	skip
#else
	if
	:: needs_wake ->
		atomic { !lock -> lock = 1 };
		needs_wake = 0;
		wake_first(first);
		lock = 0
	:: else
	fi
#endif
}

inline recv(result, ahead, t, first)
{
	do
	:: is_filled ->
		d_step {
			t = number[position];
			first = t / MESSAGES;
			assert(next_of[first] == t % MESSAGES);
			next_of[first]++;
			t = 0;
			first = 0;
			position++
		};
#ifdef BUG_ROOM_LATE
		wake_if_needed(first);
		head = position;
#else
		head = position;
		wake_if_needed(first);
#endif
		if
		:: is_filled -> result = DONE
		:: else -> go_idle(result, ahead, t)
		fi;
#ifndef BATCH
		result = DONE;
#else
		/* a short batch is correct only if no cell was claimed */
#ifdef BUG_SHORT
		result = (result == DONE -> DONE : AGAIN);
#else
		result = (result == DONE || result == CLEARS -> DONE : AGAIN);
#endif
#endif
		break
	:: !is_filled ->
		go_idle(result, ahead, t);
		if
		:: result == CLEARS ->
			/* wait_for_claimed() */
			do
			:: is_filled -> break
			:: !is_filled ->
				tail_offset(ahead, t);
				if
				:: ahead < STEP -> break
				:: else -> (is_filled ||
					tail[reading] != t ||
					((t & MOVED) && linked[reading + 1]))
				fi
			od;
			atomic { ahead = 0; t = 0 }
		:: else -> break
		fi
	od
}

/* Sending ends; t becomes whether the end has to be reported. */
inline close_queue(t, first)
{
	atomic { !lock -> lock = 1 };
	d_step { t = tail[newest]; tail[newest] = t | CLOSED };
	lock = 0;
#ifndef BUG_LEAVE_QUIETLY
#if RINGS == 1
	atomic { !lock -> lock = 1 };
	needs_wake = 0;
	wake_first(first);
	lock = 0;
#endif
#endif
	t = (t & ASLEEP) && !(t & CLOSED)
}

#ifdef WAIT
/* A process that changes the tail after this sees these stores. */
inline sleep_alone(t)
{
#ifndef BUG_PREPARED_LATE
	sleeper_woken = 0;
	prepared = 1;
#endif
	if
	:: d_step { tail[reading] == position * STEP + ASLEEP -> t = 1 }
	:: d_step { tail[reading] != position * STEP + ASLEEP -> t = 0 }
	fi;
#ifdef BUG_PREPARED_LATE
	sleeper_woken = 0;
	prepared = 1;
#endif
	if
	:: t -> sleeper_woken
	:: else
	fi;
	d_step { prepared = 0; t = 0 }
}

proctype receiver()
{
	byte result, ahead, t, first;

	do
	:: recv(result, ahead, t, first);
		if
		:: result == DONE
		:: result == AGAIN -> sleep_alone(t)
		:: result == ENDED -> break
		fi
	od;
	assert(position == ALL)
}
#else
proctype receiver()
{
	byte result, ahead, t, first;
	bit ended;
#ifdef CLOSE
	bit left;
#endif

	do
	:: atomic {
			queued;
			if
			:: !readable -> queued = 0
			:: else ->
#ifdef LEVEL
				queued = !final;
#else
				queued = 0;
#endif
				assert(!final || !end_reported);
				end_reported = final;
				result = DONE;
				ahead = 1
			fi
		};
		if
		:: ahead == 0
		:: else ->
			ahead = 0;
			do
			:: recv(result, ahead, t, first);
#ifdef LEVEL
				break
#else
				if
				:: result == DONE
				:: else -> break
				fi
#endif
			od;
			assert(!end_reported || result == ENDED);
			ended = (result == ENDED);
			if
			:: ended && end_reported -> break
			:: else
			fi
		fi;
		result = 0
#ifdef LEAVE
	:: true -> close_queue(t, first); break
#endif
#ifdef CLOSE
	:: !left ->
		left = 1;
		close_queue(t, first);
		if
#ifdef BUG_CLOSE_QUIETLY
		:: true
#else
		:: t -> finish()
		:: else
#endif
		fi;
		t = 0
#endif
	od;
#ifdef CLOSE
	/* every claimed cell was received */
	assert(position == position_of(tail[newest]))
#elif !defined(LEAVE) && !defined(CANCEL)
	assert(position == ALL)
#endif
}
#endif

init
{
	atomic {
		byte i;

		linked[0] = 1;
		do
		:: i < SENDERS -> run sender(i); i++
		:: else -> break
		od;
		i = 0;
		run receiver()
	}
}
