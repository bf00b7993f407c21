//! What the bridge does besides taking lines and answering scrapes: it sweeps
//! expired series once a second, and loads its rules again on SIGHUP.
//!
//! Heat: cold.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use super::rules;
use super::signals;
use super::web::Bridge;

/// Starts both. They end when the set is dropped.
pub(super) fn start(bridge: &Arc<Bridge>) -> io::Result<JoinSet<()>> {
    let mut chores = JoinSet::new();
    chores.spawn(sweep_every_second(Arc::clone(bridge)));
    let (bridge, mut hangups) = (Arc::clone(bridge), signals::hangups()?);
    chores.spawn(async move {
        while hangups.recv().await.is_some() {
            let bridge = Arc::clone(&bridge);
            in_the_background(move || rules::reload(&bridge.config, &bridge.engine)).await;
        }
    });
    Ok(chores)
}

async fn sweep_every_second(bridge: Arc<Bridge>) {
    let mut seconds = interval(Duration::from_secs(1));
    seconds.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        seconds.tick().await;
        let bridge = Arc::clone(&bridge);
        in_the_background(move || bridge.engine.sweep(bridge.clock.now())).await;
    }
}

/// Runs what may take its time where it holds up no connection.
async fn in_the_background(work: impl FnOnce() + Send + 'static) {
    if let Err(error) = tokio::task::spawn_blocking(work).await {
        tracing::error!(%error, "a chore of the bridge failed");
    }
}
