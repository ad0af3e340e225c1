// SPDX-License-Identifier: MIT

//! The timer of mio 0.6, for bench/timers_mio06.c. Times are milliseconds from now.

#![allow(deprecated)]

use std::time::Duration;

use mio06::timer::{Builder, Timeout, Timer};

pub struct Timers {
    timer: Timer<u64>,
    timeouts: Vec<Option<Timeout>>,
}

#[no_mangle]
pub extern "C" fn mio06_begin(count: usize, slots: usize) -> *mut Timers {
    let timer = Builder::default()
        .tick_duration(Duration::from_millis(1))
        .num_slots(slots)
        .capacity(count)
        .build();

    Box::into_raw(Box::new(Timers {
        timer,
        timeouts: vec![None; count],
    }))
}

/// # Safety
/// The timers were returned by mio06_begin() and are not used again.
#[no_mangle]
pub unsafe extern "C" fn mio06_end(timers: *mut Timers) {
    drop(Box::from_raw(timers));
}

#[no_mangle]
pub extern "C" fn mio06_set(timers: &mut Timers, which: usize, ms: u32) {
    let after = Duration::from_millis(u64::from(ms));

    timers.timeouts[which] =
        timers.timer.set_timeout(after, which as u64).ok();
}

#[no_mangle]
pub extern "C" fn mio06_cancel(timers: &mut Timers, which: usize) -> bool {
    match timers.timeouts[which].take() {
        Some(timeout) => timers.timer.cancel_timeout(&timeout).is_some(),
        None => false,
    }
}

/// Returns how many timeouts expired.
#[no_mangle]
pub extern "C" fn mio06_expire(timers: &mut Timers, sum: &mut u64) -> usize {
    let mut n = 0;

    while let Some(state) = timers.timer.poll() {
        *sum = sum.wrapping_add(state);
        n += 1;
    }

    n
}
