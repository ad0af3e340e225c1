// SPDX-License-Identifier: MIT

//! mio 0.6 and 0.8 and channels of Rust, for the benchmarks that are written in C.

pub mod channel;
pub mod reactor;
pub mod timers;

use std::os::raw::{c_char, c_ulong};
use std::time::Duration;

const AT_ONCE: Option<Duration> = Some(Duration::from_secs(0));

// Lines of a name, a colon and a version, and a NUL at the end; from build.sh.
static VERSIONS: &[u8] = include_bytes!("versions");

#[no_mangle]
pub extern "C" fn rust_versions() -> *const c_char {
    VERSIONS.as_ptr() as *const c_char
}

struct Six {
    poll: mio06::Poll,
    events: mio06::Events,
    _registration: mio06::Registration,
    readiness: mio06::SetReadiness,
}

struct Eight {
    poll: mio08::Poll,
    events: mio08::Events,
    waker: mio08::Waker,
}

// One thread uses each, between its begin and its end.
static mut SIX: Option<Six> = None;
static mut EIGHT: Option<Eight> = None;

#[no_mangle]
pub extern "C" fn mio6_begin() {
    let poll = mio06::Poll::new().unwrap();
    let (registration, readiness) = mio06::Registration::new2();

    poll.register(
        &registration,
        mio06::Token(1),
        mio06::Ready::readable(),
        mio06::PollOpt::edge(),
    )
    .unwrap();
    unsafe {
        SIX = Some(Six {
            poll,
            events: mio06::Events::with_capacity(64),
            _registration: registration,
            readiness,
        });
    }
}

#[no_mangle]
pub extern "C" fn mio6_end() {
    unsafe { SIX = None }
}

#[no_mangle]
pub extern "C" fn mio6_polls(times: c_ulong) {
    let six = unsafe { SIX.as_mut().unwrap() };

    for _ in 0..times {
        six.readiness
            .set_readiness(mio06::Ready::readable())
            .unwrap();
        assert_eq!(six.poll.poll(&mut six.events, AT_ONCE).unwrap(), 1);
    }
}

#[no_mangle]
pub extern "C" fn mio6_wakes(times: c_ulong) {
    let six = unsafe { SIX.as_mut().unwrap() };

    for _ in 0..times {
        six.readiness
            .set_readiness(mio06::Ready::readable())
            .unwrap();
    }
}

#[no_mangle]
pub extern "C" fn mio8_begin() {
    let poll = mio08::Poll::new().unwrap();
    let waker = mio08::Waker::new(poll.registry(), mio08::Token(1)).unwrap();

    unsafe {
        EIGHT = Some(Eight {
            poll,
            events: mio08::Events::with_capacity(64),
            waker,
        });
    }
}

#[no_mangle]
pub extern "C" fn mio8_end() {
    unsafe { EIGHT = None }
}

#[no_mangle]
pub extern "C" fn mio8_polls(times: c_ulong) {
    let eight = unsafe { EIGHT.as_mut().unwrap() };

    for _ in 0..times {
        eight.waker.wake().unwrap();
        eight.poll.poll(&mut eight.events, AT_ONCE).unwrap();
        assert_eq!(eight.events.iter().count(), 1);
    }
}

#[no_mangle]
pub extern "C" fn mio8_wakes(times: c_ulong) {
    let eight = unsafe { EIGHT.as_mut().unwrap() };

    for _ in 0..times {
        eight.waker.wake().unwrap();
    }
}
