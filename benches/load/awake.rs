//! A core that does not go idle. While a receiving thread sleeps, its core has
//! nothing to do; on a virtual machine it is then handed back to the host, and what
//! the thread finds after its sleep (caches, the way to memory, the clock rate) is
//! the host's affair and differs by the hour. On a server that has other work too
//! the core stays awake. So that is measured as well: a thread of the harness
//! spins there, at the lowest priority that there is.
//!
//! It touches no memory, as other work would: what is measured here is the one end
//! of what to expect, and an idle core the other. Where two cores are threads of one,
//! it slows the sender down, which is not measured.
//!
//! Heat: cold.
#![allow(unsafe_code)]

use std::hint;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};

use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;

use crate::cores::Cores;

/// Keeps the target's cores awake until it is dropped.
pub struct Awake {
    over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Awake {
    pub fn all_of(cores: &Cores) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let (ready, begun) = channel();
        let targets = (0..CpuSet::count()).filter(|core| cores.target.is_set(*core) == Ok(true));
        let threads = targets.map(|core| {
            let (over, ready) = (Arc::clone(&over), ready.clone());
            thread::spawn(move || keep_awake(core, ready, &over))
        });
        let threads: Vec<_> = threads.collect();
        drop(ready);
        // A thread that has failed says nothing.
        assert_eq!(begun.iter().count(), threads.len(), "every core has its thread");
        Self { over, threads }
    }
}

impl Drop for Awake {
    fn drop(&mut self) {
        self.over.store(true, Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn keep_awake(core: usize, ready: Sender<()>, over: &AtomicBool) {
    let mut own = CpuSet::new();
    own.set(core).expect("it is one of the cores");
    sched_setaffinity(Pid::from_raw(0), &own).expect("the core is allowed");
    yield_to_everybody().expect("a thread may always ask for less");
    ready.send(()).expect("somebody waits for it");
    drop(ready);
    while !over.load(Relaxed) {
        hint::spin_loop();
    }
}

/// From now on the calling thread gives way to any other, at once, and gets next to
/// nothing of a core that others want.
fn yield_to_everybody() -> io::Result<()> {
    let parameters = libc::sched_param { sched_priority: 0 };
    // SAFETY: the pointer is to a live value that the call only reads; 0 is the
    // calling thread.
    let failed = unsafe { libc::sched_setscheduler(0, libc::SCHED_IDLE, &raw const parameters) };
    if failed == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
