//! A core that does not go idle. While a receiving thread sleeps, its core has
//! nothing to do; on a virtual machine it is then handed back to the host, and what
//! the thread finds after its sleep (caches, the way to memory, the clock rate) is
//! the host's affair and differs by the hour. On a server that has other work too
//! the core stays awake. So that is measured as well: a thread of the harness
//! computes there whenever nobody else wants to.
//!
//! Heat: cold.
#![allow(unsafe_code)]

use std::hint;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
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
        let targets = (0..CpuSet::count()).filter(|core| cores.target.is_set(*core) == Ok(true));
        let threads = targets.map(|core| {
            let over = Arc::clone(&over);
            thread::spawn(move || keep_awake(core, &over))
        });
        Self { threads: threads.collect(), over }
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

fn keep_awake(core: usize, over: &AtomicBool) {
    let mut own = CpuSet::new();
    own.set(core).expect("it is one of the cores");
    sched_setaffinity(Pid::from_raw(0), &own).expect("the core is allowed");
    yield_to_everybody().expect("a thread may always ask for less");
    while !over.load(Relaxed) {
        hint::spin_loop();
    }
}

/// From now on the calling thread runs only where no other thread wants to: it is
/// preempted at once, as an idle core would be woken.
fn yield_to_everybody() -> io::Result<()> {
    let parameters = libc::sched_param { sched_priority: 0 };
    // SAFETY: the pointer is to a live value that the call only reads; 0 is the
    // calling thread.
    let failed = unsafe { libc::sched_setscheduler(0, libc::SCHED_IDLE, &raw const parameters) };
    if failed == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
