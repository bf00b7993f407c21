//! What the bridge does besides taking lines and answering scrapes: it sweeps
//! expired series and puts the heap into huge pages once a second, and loads its
//! rules again on SIGHUP.
//!
//! Both have threads of their own: scrapes whose clients do not read may occupy
//! all that the runtime has for work that takes its time.
//!
//! Heat: cold.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::huge_pages::HugePages;
use super::rules;
use super::signals;
use super::web::Bridge;
use crate::ingest::DeadRoutes;

/// Both chores; they end when this is dropped.
pub(super) struct Chores {
    _sweeper: Sender<()>,
    _hangups: JoinSet<()>,
}

/// Starts both.
pub(super) fn start(bridge: &Arc<Bridge>) -> io::Result<Chores> {
    let (sweeper, stopped) = mpsc::channel();
    let swept = Arc::clone(bridge);
    thread::Builder::new().name("sweeper".to_owned()).spawn(move || {
        let mut huge_pages = HugePages::of_heap();
        while stopped.recv_timeout(Duration::from_secs(1)) == Err(RecvTimeoutError::Timeout) {
            free(swept.engine.sweep(swept.clock.now()));
            huge_pages.take_if(|pages| !pages.tick());
        }
    })?;
    let (bridge, mut signals) = (Arc::clone(bridge), signals::hangups()?);
    let mut hangups = JoinSet::new();
    hangups.spawn(async move {
        while signals.recv().await.is_some() {
            let bridge = Arc::clone(&bridge);
            on_a_thread("reload", move || rules::reload(&bridge)).await;
        }
    });
    Ok(Chores { _sweeper: sweeper, _hangups: hangups })
}

/// Frees what a sweep left, with a pause after each few: whoever receives lines is
/// not to wait for the allocator's lock again and again. A million take some
/// seconds so, and the thread is at work for a tenth of them.
fn free(mut dead: DeadRoutes) {
    const BATCH: usize = 64;
    const PAUSE: Duration = Duration::from_micros(100);
    while dead.free(BATCH) {
        thread::sleep(PAUSE);
    }
}

/// Runs what may take its time on a thread made for it. `None` if there is no
/// thread to be had, or if the work panicked; the log says so.
pub(super) async fn on_a_thread<R: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> R + Send + 'static,
) -> Option<R> {
    let (done, outcome) = oneshot::channel();
    let spawned = thread::Builder::new().name(name.to_owned()).spawn(move || {
        // Nobody may wait for it any more.
        let _ = done.send(work());
    });
    if let Err(error) = spawned {
        tracing::error!(work = name, %error, "cannot start a thread");
        return None;
    }
    let outcome = outcome.await;
    if outcome.is_err() {
        tracing::error!(work = name, "ended with a panic");
    }
    outcome.ok()
}
