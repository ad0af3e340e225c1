// SPDX-License-Identifier: MIT

//! Channels between threads, for bench/channel_rust.c: those of the standard
//! library and of crossbeam, which cannot be registered with a poll, and those of
//! mio 0.6 and mio-extras, whose receivers wait in a poll of mio 0.6. The channel
//! of crossbeam is also measured with its own wait for a message.

#![allow(deprecated)]

use std::os::raw::{c_int, c_uint, c_ulong, c_void};
use std::ptr;
use std::sync::mpsc;

use mio06::channel as mio06_channel;
use mio06::event::Evented;
use mio06::{Events, Poll, PollOpt, Ready, Token};
use mio_extras::channel as mio_extras_channel;

// CHANNEL_PRODUCERS_MAX in bench/channel_peers.h
const PRODUCERS_MAX: usize = 2;

/// A channel and its functions, as declared in bench/channel_rust.c.
#[repr(C)]
pub struct RustChannel {
    senders: [*mut c_void; PRODUCERS_MAX],
    receiver: *mut c_void,
    send: unsafe extern "C" fn(*const c_void, *const c_void),
    receive: unsafe extern "C" fn(*mut c_void, *mut c_void, c_ulong) -> c_ulong,
    is_empty: unsafe extern "C" fn(*mut c_void) -> c_int,
    end: unsafe extern "C" fn(*mut RustChannel),
}

/// Sends a message, and waits for room.
trait Put<M> {
    fn put(&self, message: M);
}

/// Returns the next message without waiting.
trait Pop<M> {
    fn pop(&self) -> Option<M>;
}

/// Receives all available messages, but at most `most`, into one place. An
/// implementation that can wait does so until it has received that many.
trait Receive<M> {
    fn receive(&mut self, into: &mut M, most: c_ulong) -> c_ulong;
    fn is_empty(&mut self) -> bool;
}

macro_rules! put {
    ($($sender:ty),*) => {$(
        impl<M> Put<M> for $sender {
            #[inline]
            fn put(&self, message: M) {
                assert!(self.send(message).is_ok());
            }
        }
    )*};
}

macro_rules! pop {
    ($($receiver:ty),*) => {$(
        impl<M> Pop<M> for $receiver {
            #[inline]
            fn pop(&self) -> Option<M> {
                self.try_recv().ok()
            }
        }
    )*};
}

put!(
    mpsc::Sender<M>,
    mpsc::SyncSender<M>,
    crossbeam_channel::Sender<M>,
    mio06_channel::Sender<M>,
    mio06_channel::SyncSender<M>,
    mio_extras_channel::Sender<M>,
    mio_extras_channel::SyncSender<M>
);

pop!(
    mpsc::Receiver<M>,
    crossbeam_channel::Receiver<M>,
    mio06_channel::Receiver<M>,
    mio_extras_channel::Receiver<M>
);

fn pop_all<M>(from: &impl Pop<M>, into: &mut M, most: c_ulong) -> c_ulong {
    let mut n = 0;

    while n < most {
        match from.pop() {
            Some(message) => *into = message,
            None => break,
        }
        n += 1;
    }

    n
}

/// A receiver of the standard library can only be checked by receiving.
struct Peeked<M> {
    receiver: mpsc::Receiver<M>,
    first: Option<M>,
}

impl<M> Receive<M> for Peeked<M> {
    fn receive(&mut self, into: &mut M, most: c_ulong) -> c_ulong {
        let n = match self.first.take() {
            Some(message) => {
                *into = message;
                1
            }
            None => 0,
        };

        n + pop_all(&self.receiver, into, most - n)
    }

    fn is_empty(&mut self) -> bool {
        if self.first.is_none() {
            self.first = self.receiver.pop();
        }

        self.first.is_none()
    }
}

impl<M> Receive<M> for crossbeam_channel::Receiver<M> {
    fn receive(&mut self, into: &mut M, most: c_ulong) -> c_ulong {
        pop_all(self, into, most)
    }

    fn is_empty(&mut self) -> bool {
        crossbeam_channel::Receiver::is_empty(self)
    }
}

/// Waits as crossbeam does.
struct Waiting<M>(crossbeam_channel::Receiver<M>);

impl<M> Receive<M> for Waiting<M> {
    fn receive(&mut self, into: &mut M, most: c_ulong) -> c_ulong {
        for _ in 0..most {
            *into = self.0.recv().unwrap();
        }

        most
    }

    /// Not needed, because it waits by itself.
    fn is_empty(&mut self) -> bool {
        true
    }
}

struct Polled<R> {
    poll: Poll,
    events: Events,
    receiver: R,
}

impl<R: Evented> Polled<R> {
    fn new(receiver: R) -> Polled<R> {
        let poll = Poll::new().unwrap();

        poll.register(&receiver, Token(1), Ready::readable(), PollOpt::edge())
            .unwrap();

        Polled {
            poll,
            events: Events::with_capacity(64),
            receiver,
        }
    }
}

impl<M, R: Pop<M>> Receive<M> for Polled<R> {
    fn receive(&mut self, into: &mut M, most: c_ulong) -> c_ulong {
        let mut n = 0;

        while n < most {
            self.poll.poll(&mut self.events, None).unwrap();
            n += pop_all(&self.receiver, into, most - n);
        }

        n
    }

    /// Not needed, because it waits in its poll.
    fn is_empty(&mut self) -> bool {
        true
    }
}

unsafe extern "C" fn send<M: Copy, S: Put<M>>(
    sender: *const c_void,
    message: *const c_void,
) {
    (*(sender as *const S)).put(*(message as *const M));
}

unsafe extern "C" fn receive<M, R: Receive<M>>(
    receiver: *mut c_void,
    into: *mut c_void,
    most: c_ulong,
) -> c_ulong {
    (*(receiver as *mut R)).receive(&mut *(into as *mut M), most)
}

unsafe extern "C" fn is_empty<M, R: Receive<M>>(
    receiver: *mut c_void,
) -> c_int {
    c_int::from((*(receiver as *mut R)).is_empty())
}

unsafe extern "C" fn end<S, R>(channel: *mut RustChannel) {
    let channel = Box::from_raw(channel);

    for sender in channel.senders.iter().filter(|s| !s.is_null()) {
        drop(Box::from_raw(*sender as *mut S));
    }
    drop(Box::from_raw(channel.receiver as *mut R));
}

/// A single sender is not cloned, which makes some channels faster.
fn channel<M: Copy, S: Put<M> + Clone, R: Receive<M>>(
    (sender, receiver): (S, R),
    producers: c_uint,
) -> *mut RustChannel {
    let mut senders = [ptr::null_mut(); PRODUCERS_MAX];

    for other in &mut senders[1..producers as usize] {
        *other = Box::into_raw(Box::new(sender.clone())) as *mut c_void;
    }
    senders[0] = Box::into_raw(Box::new(sender)) as *mut c_void;

    Box::into_raw(Box::new(RustChannel {
        senders,
        receiver: Box::into_raw(Box::new(receiver)) as *mut c_void,
        send: send::<M, S>,
        receive: receive::<M, R>,
        is_empty: is_empty::<M, R>,
        end: end::<S, R>,
    }))
}

fn peeked<M, S>((sender, receiver): (S, mpsc::Receiver<M>)) -> (S, Peeked<M>) {
    let first = None;

    (sender, Peeked { receiver, first })
}

fn polled<S, R: Evented>((sender, receiver): (S, R)) -> (S, Polled<R>) {
    (sender, Polled::new(receiver))
}

fn std_new<M: Copy>(bound: usize, producers: c_uint) -> *mut RustChannel {
    if bound == 0 {
        channel::<M, _, _>(peeked(mpsc::channel()), producers)
    } else {
        channel::<M, _, _>(peeked(mpsc::sync_channel(bound)), producers)
    }
}

fn crossbeam_new<M: Copy>(bound: usize, producers: c_uint) -> *mut RustChannel {
    if bound == 0 {
        channel::<M, _, _>(crossbeam_channel::unbounded(), producers)
    } else {
        channel::<M, _, _>(crossbeam_channel::bounded(bound), producers)
    }
}

fn waiting_new<M: Copy>(bound: usize, producers: c_uint) -> *mut RustChannel {
    let (sender, receiver) = if bound == 0 {
        crossbeam_channel::unbounded()
    } else {
        crossbeam_channel::bounded(bound)
    };

    channel::<M, _, _>((sender, Waiting(receiver)), producers)
}

fn mio06_new<M: Copy>(bound: usize, producers: c_uint) -> *mut RustChannel {
    use mio06_channel::{channel as unbounded, sync_channel as bounded};

    if bound == 0 {
        channel::<M, _, _>(polled(unbounded()), producers)
    } else {
        channel::<M, _, _>(polled(bounded(bound)), producers)
    }
}

fn extras_new<M: Copy>(bound: usize, producers: c_uint) -> *mut RustChannel {
    use mio_extras_channel::{channel as unbounded, sync_channel as bounded};

    if bound == 0 {
        channel::<M, _, _>(polled(unbounded()), producers)
    } else {
        channel::<M, _, _>(polled(bounded(bound)), producers)
    }
}

macro_rules! begin {
    ($($name:ident = $new:ident),*) => {$(
        #[no_mangle]
        pub extern "C" fn $name(
            size: usize,
            bound: usize,
            producers: c_uint,
        ) -> *mut RustChannel {
            match size {
                8 => $new::<[u8; 8]>(bound, producers),
                64 => $new::<[u8; 64]>(bound, producers),
                _ => panic!("messages have 8 or 64 bytes"),
            }
        }
    )*};
}

begin!(
    std_channel_begin = std_new,
    crossbeam_channel_begin = crossbeam_new,
    waiting_channel_begin = waiting_new,
    mio06_channel_begin = mio06_new,
    mio_extras_channel_begin = extras_new
);
