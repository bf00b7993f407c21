//! The running server: bound sockets and a shutdown in, everything between.
//!
//! Order of a stop: not ready any more; what the sockets hold is drained and
//! applied; then the web port closes, which answers the scrapes in flight first.
//!
//! Heat: cold.

use std::fmt;
use std::io;
use std::net::TcpListener;
use std::num::NonZeroUsize;
use std::os::unix::net::UnixListener;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::{error, info};

use super::announce::{announce, say_goodbye};
use super::datagrams::Datagrams;
use super::housekeeping::{self, on_a_thread};
use super::intake::{CountedConnections, Workers};
use super::web::Bridge;
use crate::clock::Clock;
use crate::config::{Config, StreamLimits};
use crate::http::{self, Options, Phase};
use crate::ingest::{Engine, Worker};
use crate::listener::Timing;
use crate::listener::bind::BoundListeners;
use crate::listener::connections;
use crate::listener::limits::{self, Streams};
use crate::listener::pool::Pool;
use crate::listener::stream::LineListener;
use crate::mapping::Loaded;
use crate::registry::{Limits, Registry};
use crate::relay::{Relay, RelayError, Running};
use crate::telemetry::{Cold, Telemetry};

/// Why the server could not go on.
#[derive(Debug)]
pub enum RunError {
    /// The runtime, or a signal handler, could not be made.
    Runtime(io::Error),
    /// A thread or a socket's registration was refused.
    Listener(io::Error),
    /// The relay's target cannot be resolved.
    Relay(RelayError),
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Runtime(error) => write!(f, "cannot start the runtime: {error}"),
            Self::Listener(error) => write!(f, "cannot start a listener: {error}"),
            Self::Relay(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for RunError {}

/// Serves bound sockets until `shutdown` is done or `/-/quit` is asked for; then
/// drains what the sockets hold, answers the scrape in flight, and returns.
///
/// # Errors
/// If the system refuses a thread, or to watch a socket or signal; or if the
/// relay's target cannot be resolved.
pub async fn run(
    config: Config,
    loaded: Loaded,
    listeners: BoundListeners,
    shutdown: impl Future<Output = ()>,
) -> Result<(), RunError> {
    let clock = Clock::start();
    announce(&config, &loaded, &listeners);
    let engine = Arc::new(engine(&config, loaded));
    let relay = start_relay(&config, &engine)?;
    let workers =
        Workers { engine: Arc::clone(&engine), relay: relay.as_ref().map(Running::handle) };
    let BoundListeners { udp, tcp, unixgram, unix, socket_files, web } = listeners;
    let timing = Timing { clock, delay: config.listeners.receive_delay };
    let datagrams = Datagrams::start(udp, unixgram, &workers, timing);
    let datagrams = datagrams.map_err(RunError::Listener)?;
    let bridge = Arc::new(Bridge::new(engine, config, clock, datagrams.meters()));
    let chores = housekeeping::start(&bridge).map_err(RunError::Runtime)?;
    let streams = Port::open(|stop| StreamSockets { tcp, unix }.serve(&bridge, &workers, &stop));
    let site = Port::open(|stop| serve_web(web, &bridge, stop));

    bridge.enter(Phase::Ready);
    info!("ready");
    tokio::select! {
        () = shutdown => {}
        () = bridge.quit.notified() => {}
    }
    bridge.enter(Phase::Stopping);
    info!("stopping, draining what the sockets hold");
    tokio::join!(on_a_thread("drain", || datagrams.stop()), streams.close());
    drop(socket_files);
    drop(workers);
    // All workers are gone; what they copied last is still to be sent.
    if let Some(relay) = relay {
        on_a_thread("relay stop", || relay.stop()).await;
    }
    site.close().await;
    drop(chores);
    say_goodbye(bridge.engine.telemetry(), &bridge.accounts());
    Ok(())
}

fn engine(config: &Config, loaded: Loaded) -> Engine {
    let limits =
        Limits { max_series: config.limits.total, max_series_per_family: config.limits.per_family };
    let registry = Registry::new(limits, Telemetry::reserved_names());
    Engine::new(registry, loaded.rules, Arc::new(Telemetry::new()))
}

fn start_relay(config: &Config, engine: &Engine) -> Result<Option<Running>, RunError> {
    let Some(relay) = &config.relay else { return Ok(None) };
    let cold = engine.telemetry().cold();
    let relay = Relay::open(relay.target.clone(), relay.packet_length, cold);
    relay.map_err(RunError::Relay)?.start().map(Some).map_err(RunError::Listener)
}

/// A port that is served by tasks until it is closed.
struct Port {
    tasks: JoinSet<()>,
    stop: watch::Sender<bool>,
}

impl Port {
    fn open(serve: impl FnOnce(watch::Receiver<bool>) -> JoinSet<()>) -> Self {
        let (stop, stopped) = watch::channel(false);
        Self { tasks: serve(stopped), stop }
    }

    /// Tells the tasks to stop, and waits until they have.
    async fn close(self) {
        self.stop.send_replace(true);
        self.tasks.join_all().await;
    }
}

/// Done when a port is to be closed.
async fn closing(mut stop: watch::Receiver<bool>) {
    // Also done when the sender is gone, which means the same.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// The sockets that streams come over.
struct StreamSockets {
    tcp: Vec<TcpListener>,
    unix: Option<UnixListener>,
}

impl StreamSockets {
    fn serve(
        self,
        bridge: &Bridge,
        workers: &Workers,
        stop: &watch::Receiver<bool>,
    ) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        if self.tcp.is_empty() && self.unix.is_none() {
            return tasks;
        }
        let threads = tokio::runtime::Handle::current().metrics().num_workers();
        let size = NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN);
        let StreamLimits { connections, idle_timeout: idle, line_length: line } =
            bridge.config.listeners.streams;
        let limits = limits::Limits { connections, idle, line };
        let pool = Arc::new(Pool::new(size, |_| workers.one()));
        let streams = |of| {
            let cold = Arc::clone(bridge.engine.telemetry().cold());
            let counted = CountedConnections { cold, of };
            Arc::new(Streams::new(Arc::clone(&pool), counted, bridge.clock, limits))
        };
        let tcp = streams(Cold::tcp);
        for listener in self.tcp {
            tasks.spawn(serve_lines::<tokio::net::TcpListener>(
                listener,
                Arc::clone(&tcp),
                stop.clone(),
            ));
        }
        if let Some(listener) = self.unix {
            tasks.spawn(serve_lines::<tokio::net::UnixListener>(
                listener,
                streams(Cold::unix),
                stop.clone(),
            ));
        }
        tasks
    }
}

async fn serve_lines<L: LineListener>(
    listener: L::Std,
    streams: Arc<Streams<Worker, CountedConnections>>,
    stop: watch::Receiver<bool>,
) {
    if let Err(error) = connections::serve::<L, _, _>(listener, streams, closing(stop)).await {
        error!(%error, "{} ended", L::NAME);
    }
}

fn serve_web(
    listeners: Vec<TcpListener>,
    bridge: &Arc<Bridge>,
    stop: watch::Receiver<bool>,
) -> JoinSet<()> {
    let options = Options {
        metrics_path: bridge.config.web.telemetry_path.clone(),
        lifecycle: bridge.config.web.lifecycle,
        openmetrics: bridge.config.web.openmetrics,
    };
    let app = Arc::clone(bridge);
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        if let Err(error) = http::serve(listeners, app, options, closing(stop)).await {
            error!(%error, "the web port ended");
        }
    });
    tasks
}
