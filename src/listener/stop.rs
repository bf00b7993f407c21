//! Telling receiving threads to stop, without their having to wake up now and
//! then to ask. A raised flag ends the loop of a busy thread; a pipe whose
//! writing end is closed wakes one that blocks in `poll`.
//!
//! Heat: warm (one relaxed load per batch).

use std::io::{self, PipeReader, PipeWriter};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Stops every holder of its [`Stop`]s when dropped.
#[derive(Debug)]
pub struct Stopper {
    raised: Arc<AtomicBool>,
    /// Only held: closing it, after the flag is raised, is the wake-up.
    _pipe: PipeWriter,
}

/// What a thread asks, and waits on, to learn that it shall stop.
#[derive(Clone, Debug)]
pub struct Stop {
    raised: Arc<AtomicBool>,
    pipe: Arc<PipeReader>,
}

/// A new pair.
///
/// # Errors
/// If the process has no file descriptors left for a pipe.
pub fn stop() -> io::Result<(Stopper, Stop)> {
    let (reader, writer) = io::pipe()?;
    let raised = Arc::new(AtomicBool::new(false));
    let stop = Stop { raised: Arc::clone(&raised), pipe: Arc::new(reader) };
    Ok((Stopper { raised, _pipe: writer }, stop))
}

impl Stopper {
    /// Stops them now. The same as dropping it, for those who like it said.
    pub fn stop(self) {}
}

impl Drop for Stopper {
    fn drop(&mut self) {
        self.raised.store(true, Ordering::Relaxed);
    }
}

impl Stop {
    /// Whether it is time to stop.
    #[must_use]
    pub fn is_raised(&self) -> bool {
        self.raised.load(Ordering::Relaxed)
    }
}

impl AsFd for Stop {
    /// A descriptor that hangs up, for ever, once it is time to stop.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pipe.as_fd()
    }
}
