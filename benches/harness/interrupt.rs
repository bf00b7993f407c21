//! Children do not outlive the harness: a panic drops them, and here an
//! interruption kills them.
//!
//! Heat: cold.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use nix::sys::signal::{SigSet, Signal, kill};
use nix::unistd::Pid;

static CHILDREN: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// Waits for SIGINT, SIGTERM or SIGHUP on a thread of its own. To be called
/// before any other thread is started: they inherit that these are blocked.
/// So do children; who starts one has to unblock them for it.
pub fn watch() {
    let mut signals = SigSet::empty();
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        signals.add(signal);
    }
    signals.thread_block().expect("signals can be blocked");
    thread::spawn(move || {
        let signal = signals.wait().expect("signals can be awaited");
        let children = children();
        for child in children.iter() {
            // It may have ended by itself.
            let _ = kill(*child, Signal::SIGKILL);
        }
        std::process::exit(128 + signal as i32);
    });
}

/// A child that is to be killed.
pub fn adopt(child: Pid) {
    children().push(child);
}

/// A child that is about to be waited for: afterwards its number may be
/// another's.
pub fn release(child: Pid) {
    children().retain(|other| *other != child);
}

fn children() -> MutexGuard<'static, Vec<Pid>> {
    CHILDREN.lock().unwrap_or_else(PoisonError::into_inner)
}
