// SPDX-License-Identifier: MIT

//! mio 0.6 and 0.8 with descriptors, for bench/reactor_mio06.c and
//! bench/reactor_mio08.c. The latter has edges only.

use std::os::raw::c_int;
use std::time::Duration;

use mio06::unix::EventedFd;
use mio08::unix::SourceFd;

type Ready = extern "C" fn(usize) -> bool;

const EVENTS: usize = 1024;
const AT_ONCE: Duration = Duration::from_secs(0);

fn timeout(wait: bool) -> Option<Duration> {
    if wait {
        None
    } else {
        Some(AT_ONCE)
    }
}

pub struct Reactor06 {
    poll: mio06::Poll,
    events: mio06::Events,
}

#[no_mangle]
pub extern "C" fn reactor06_begin() -> *mut Reactor06 {
    Box::into_raw(Box::new(Reactor06 {
        poll: mio06::Poll::new().unwrap(),
        events: mio06::Events::with_capacity(EVENTS),
    }))
}

/// # Safety
/// The reactor was returned by reactor06_begin() and is not used again.
#[no_mangle]
pub unsafe extern "C" fn reactor06_end(reactor: *mut Reactor06) {
    drop(Box::from_raw(reactor));
}

#[no_mangle]
pub extern "C" fn reactor06_add(
    reactor: &mut Reactor06,
    index: usize,
    fd: c_int,
    edge: bool,
) {
    let how = if edge {
        mio06::PollOpt::edge()
    } else {
        mio06::PollOpt::level()
    };

    reactor
        .poll
        .register(
            &EventedFd(&fd),
            mio06::Token(index),
            mio06::Ready::readable(),
            how,
        )
        .unwrap();
}

#[no_mangle]
pub extern "C" fn reactor06_change(
    reactor: &mut Reactor06,
    index: usize,
    fd: c_int,
    writable: bool,
) {
    let interest = if writable {
        mio06::Ready::writable()
    } else {
        mio06::Ready::readable()
    };

    reactor
        .poll
        .reregister(
            &EventedFd(&fd),
            mio06::Token(index),
            interest,
            mio06::PollOpt::level(),
        )
        .unwrap();
}

#[no_mangle]
pub extern "C" fn reactor06_remove(reactor: &mut Reactor06, fd: c_int) {
    reactor.poll.deregister(&EventedFd(&fd)).unwrap();
}

/// One iteration. Returns true if `ready` has returned true for all events.
#[no_mangle]
pub extern "C" fn reactor06_iterate(
    reactor: &mut Reactor06,
    wait: bool,
    ready: Ready,
) -> bool {
    let mut more = true;

    reactor
        .poll
        .poll(&mut reactor.events, timeout(wait))
        .unwrap();
    for event in reactor.events.iter() {
        more &= ready(event.token().0);
    }

    more
}

pub struct Reactor08 {
    poll: mio08::Poll,
    events: mio08::Events,
}

#[no_mangle]
pub extern "C" fn reactor08_begin() -> *mut Reactor08 {
    Box::into_raw(Box::new(Reactor08 {
        poll: mio08::Poll::new().unwrap(),
        events: mio08::Events::with_capacity(EVENTS),
    }))
}

/// # Safety
/// The reactor was returned by reactor08_begin() and is not used again.
#[no_mangle]
pub unsafe extern "C" fn reactor08_end(reactor: *mut Reactor08) {
    drop(Box::from_raw(reactor));
}

#[no_mangle]
pub extern "C" fn reactor08_add(
    reactor: &mut Reactor08,
    index: usize,
    fd: c_int,
) {
    reactor
        .poll
        .registry()
        .register(
            &mut SourceFd(&fd),
            mio08::Token(index),
            mio08::Interest::READABLE,
        )
        .unwrap();
}

#[no_mangle]
pub extern "C" fn reactor08_change(
    reactor: &mut Reactor08,
    index: usize,
    fd: c_int,
    writable: bool,
) {
    let interest = if writable {
        mio08::Interest::WRITABLE
    } else {
        mio08::Interest::READABLE
    };

    reactor
        .poll
        .registry()
        .reregister(&mut SourceFd(&fd), mio08::Token(index), interest)
        .unwrap();
}

#[no_mangle]
pub extern "C" fn reactor08_remove(reactor: &mut Reactor08, fd: c_int) {
    reactor
        .poll
        .registry()
        .deregister(&mut SourceFd(&fd))
        .unwrap();
}

/// One iteration. Returns true if `ready` has returned true for all events.
#[no_mangle]
pub extern "C" fn reactor08_iterate(
    reactor: &mut Reactor08,
    wait: bool,
    ready: Ready,
) -> bool {
    let mut more = true;

    reactor
        .poll
        .poll(&mut reactor.events, timeout(wait))
        .unwrap();
    for event in reactor.events.iter() {
        more &= ready(event.token().0);
    }

    more
}
