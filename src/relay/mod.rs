//! The relay: a copy of every line goes on to another `StatsD` server, over UDP.
//!
//! Workers copy their lines and hand them over (`crate::ingest`); one thread here
//! packs them, sends a packet when the next line does not fit, and at the latest
//! [`EVERY`] after its first line came. Whatever the target does (refuses, is
//! away, cannot be resolved), workers never wait; what is lost is counted.
//!
//! | file | job |
//! |---|---|
//! | `mod.rs` | the thread |
//! | `outlet` | the socket, and what happens when sending fails |
//! | `target` | `HOST:PORT` as a user types it |
//!
//! Heat: warm (once per buffer of lines and per packet).

mod outlet;
mod target;

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tracing::error;

use crate::ingest::{Lines, Packer, RelayHandle};
use crate::telemetry::Cold;
use outlet::Outlet;

pub use outlet::RelayError;
pub use target::Target;

/// No line waits longer for others to be packed with it.
pub const EVERY: Duration = Duration::from_secs(1);
/// While lines come, the thread looks for them this often, and workers need not
/// wake it.
const COALESCE: Duration = Duration::from_millis(5);
/// How long a stop waits for the last packets: a look-up of a name may be going on.
const PATIENCE: Duration = Duration::from_secs(1);

/// A relay that is ready to send.
#[derive(Debug)]
pub struct Relay {
    outlet: Outlet,
    longest: usize,
}

impl Relay {
    /// Resolves the target; packets will have `longest` bytes at most. Its
    /// counters are shown from now on.
    ///
    /// # Errors
    /// If the name cannot be resolved. It blocks while that is tried.
    pub fn open(target: Target, longest: usize, counts: &Arc<Cold>) -> Result<Self, RelayError> {
        let name = target.to_string();
        let outlet = Outlet::open(target, Arc::clone(counts))?;
        counts.relay_to(&name);
        Ok(Self { outlet, longest })
    }

    /// Starts the thread.
    ///
    /// # Errors
    /// If the system refuses the thread.
    pub fn start(self) -> io::Result<Running> {
        let Self { mut outlet, longest } = self;
        let (handle, lines) = RelayHandle::new(longest);
        let (end, ended) = channel();
        let thread = thread::Builder::new().name("relay".to_owned()).spawn(move || {
            forward(&lines, Packer::new(longest), |packet| outlet.send(packet));
            // Nobody may wait for it any more.
            let _ = end.send(());
        })?;
        Ok(Running { handle, thread, ended })
    }
}

/// A running relay.
#[derive(Debug)]
pub struct Running {
    handle: RelayHandle,
    thread: JoinHandle<()>,
    ended: Receiver<()>,
}

impl Running {
    /// What workers hand their lines over to.
    #[must_use]
    pub fn handle(&self) -> RelayHandle {
        self.handle.clone()
    }

    /// Sends what there is and ends the thread; waits for it a second at most.
    /// All workers that had the handle must be gone.
    pub fn stop(self) {
        drop(self.handle);
        match self.ended.recv_timeout(PATIENCE) {
            Err(RecvTimeoutError::Timeout) => error!("the relay did not end in time"),
            Ok(()) | Err(RecvTimeoutError::Disconnected) => {
                if self.thread.join().is_err() {
                    error!("the relay's thread had panicked");
                }
            }
        }
    }
}

/// Packs and sends until all workers are gone.
fn forward(lines: &Receiver<Lines>, mut packer: Packer, mut send: impl FnMut(&[u8])) {
    // When the packet that is being filled has to leave.
    let mut due: Option<Instant> = None;
    let mut busy = false;
    loop {
        let next = match lines.try_recv() {
            Ok(lines) => Ok(lines),
            Err(TryRecvError::Disconnected) => Err(RecvTimeoutError::Disconnected),
            Err(TryRecvError::Empty) if busy => {
                busy = false;
                thread::sleep(COALESCE);
                continue;
            }
            Err(TryRecvError::Empty) => wait(lines, due),
        };
        match next {
            Ok(lines) => {
                packer.add(lines.bytes(), &mut send);
                lines.give_back();
                due.get_or_insert_with(|| Instant::now() + EVERY);
                busy = true;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return packer.flush(&mut send),
        }
        if due.is_some_and(|due| Instant::now() + COALESCE >= due) {
            packer.flush(&mut send);
            due = None;
        }
    }
}

fn wait(lines: &Receiver<Lines>, due: Option<Instant>) -> Result<Lines, RecvTimeoutError> {
    match due {
        None => lines.recv().map_err(|_| RecvTimeoutError::Disconnected),
        Some(due) => {
            let left = due.saturating_duration_since(Instant::now()).saturating_sub(COALESCE);
            lines.recv_timeout(left)
        }
    }
}

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests;
