//! The signals that a server answers: SIGTERM and SIGINT stop it, SIGHUP loads
//! its rules again.
//!
//! Heat: cold.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Done when the process is told to stop. The handlers are in place when this
/// returns, so no signal after it is lost.
pub(super) fn termination() -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// The stream of SIGHUPs.
pub(super) fn hangups() -> io::Result<Signal> {
    signal(SignalKind::hangup())
}
