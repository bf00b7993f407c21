//! What was sent is what arrived and what was lost, to the last datagram.
//!
//! Heat: cold.

use std::fmt;

use crate::figure::grouped;
use crate::sender::Sent;
use crate::subject::{Counts, Subject};

/// How much of what was sent is missing, and where.
#[derive(Clone, Copy, Debug, Default)]
pub struct Loss {
    pub sent: u64,
    pub received: u64,
    /// Dropped by the kernel, for want of room in the socket's buffer.
    pub kernel: u64,
}

impl Loss {
    /// Closes the ledger of what was sent since `before`.
    ///
    /// # Panics
    /// If a program of this project cannot account for a datagram or a line.
    pub fn since(before: Counts, subject: &dyn Subject, sent: Sent) -> Self {
        let after = subject.counts();
        let loss = Self {
            sent: sent.datagrams,
            received: after.datagrams - before.datagrams,
            kernel: after.dropped - before.dropped,
        };
        if subject.balances() {
            let (name, sum) = (subject.name(), loss.received + loss.kernel);
            assert_eq!(sum, loss.sent, "{name}: received and dropped is what was sent");
            let lines = after.lines.zip(before.lines).map(|(after, before)| after - before);
            let whole = lines.filter(|_| loss.kernel == 0);
            assert!(whole.is_none_or(|lines| lines == sent.lines), "{name}: a line is missing");
        }
        loss
    }

    pub const fn lost(&self) -> u64 {
        self.sent.saturating_sub(self.received)
    }

    pub fn and(self, other: Self) -> Self {
        Self {
            sent: self.sent + other.sent,
            received: self.received + other.received,
            kernel: self.kernel + other.kernel,
        }
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let grouped = |count: u64| grouped(count as f64);
        write!(out, "lost {} of {} datagrams", grouped(self.lost()), grouped(self.sent))?;
        match (self.lost(), self.kernel) {
            (0, _) => Ok(()),
            (_, 0) => write!(out, " in the program"),
            (lost, kernel) if lost == kernel => write!(out, " in the kernel"),
            (_, kernel) => write!(out, ", {kernel} in the kernel"),
        }
    }
}
