//! Which core sends. One thread sends, on a core that the target may not use:
//! on 2 cores this is what disturbs the target least, and it shows which of the
//! two is the limit.
//!
//! Heat: cold.

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

/// The calling thread.
const SELF: Pid = Pid::from_raw(0);

#[derive(Clone, Copy)]
pub struct Cores {
    /// The last one; the sender's alone.
    pub sender: usize,
    /// All others; the sender's too if there is but one.
    pub target: CpuSet,
    pub count: usize,
}

impl Cores {
    pub fn found() -> Self {
        let allowed = sched_getaffinity(SELF).expect("the kernel tells the cores");
        let is_set = |core: &usize| allowed.is_set(*core).unwrap_or(false);
        let cores: Vec<usize> = (0..CpuSet::count()).filter(is_set).collect();
        let sender = *cores.last().expect("there is a core");
        let mut target = allowed;
        if cores.len() > 1 {
            target.unset(sender).expect("it was set");
        }
        Self { sender, target, count: cores.len() }
    }

    /// Lets the calling thread run on the sender's core only.
    pub fn move_to_sender(&self) {
        let mut own = CpuSet::new();
        own.set(self.sender).expect("it is one of the cores");
        sched_setaffinity(SELF, &own).expect("the core is allowed");
    }
}
