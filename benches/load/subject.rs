//! Something that receives datagrams and is measured: a bridge or a floor.
//!
//! Heat: cold.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use crate::harness::process::Process;
use crate::harness::socket_table;

/// Longer than any interval at which the binaries under test hand events on.
const QUIET: Duration = Duration::from_millis(250);
/// More than a binary at rest needs in that time.
const AT_REST: Duration = Duration::from_millis(3);
/// Nothing that was received takes longer to be done.
const PATIENCE: Duration = Duration::from_mins(1);

/// What a subject says it got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub datagrams: u64,
    /// A floor does not look for lines.
    pub lines: Option<u64>,
    /// What the kernel dropped because the socket's buffer was full.
    pub dropped: u64,
}

pub trait Subject {
    fn name(&self) -> &str;
    fn process(&self) -> &Process;
    fn udp(&self) -> SocketAddr;
    fn counts(&self) -> Counts;
    /// Whether the program is this project's, and so its ledger has to balance.
    fn balances(&self) -> bool;

    /// What waits in the socket, in bytes as the kernel charges them.
    fn waiting(&self) -> u64 {
        socket_table::row(self.udp().port()).expect("the socket is bound").waiting
    }

    /// Waits until the socket is empty and the process at rest, without asking
    /// it anything: that would be work.
    fn settle(&self) {
        let deadline = Instant::now() + PATIENCE;
        let mut before = self.process().cpu();
        loop {
            thread::sleep(QUIET);
            let now = self.process().cpu();
            if self.waiting() == 0 && now - before < AT_REST {
                return;
            }
            assert!(Instant::now() < deadline, "{} does not come to rest", self.name());
            before = now;
        }
    }
}
