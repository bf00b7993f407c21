//! Connections of the web port: taking them, limits on what a client may make
//! us wait for or hold, and a stop that lets the answer in flight get through.
//!
//! Heat: cold (once per connection).

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tracing::debug;

use super::patience::{Pace, Patient};
use super::site::Site;
use super::{App, Options};
use crate::accept::Acceptor;

/// How long a client may take for the head of a request, which includes the time
/// between two requests on a connection: longer than the usual scrape interval
/// of a minute, so that scrapers keep their connection.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);
/// Bytes of a request's head, at most; it may have a hundred headers.
const HEAD: usize = 32 * 1024;
/// Bytes read ahead, and of an answer waiting to be sent, at most, or a little
/// more.
const BUFFER: usize = 64 * 1024;
/// How fast a client has to take an answer that waits for it. The patience is longer
/// than scrapers wait for an answer as a whole; the pace is that of a line of 128
/// kbit/s.
const PACE: Pace = Pace { patience: Duration::from_secs(30), bytes_a_second: 16 * 1024 };
/// Bytes of an answer that the kernel holds for a client, or twice as many with its
/// bookkeeping: more may be 4 MiB for each that does not read. With less than a
/// third of it free no write goes on, so it also has to be little for [`PACE`].
const SEND_BUFFER: usize = 256 * 1024;
/// Connections that are open at once, at most. Further ones wait in the sockets'
/// queues; a connection that does nothing is closed after 75 s.
pub const MOST_CONNECTIONS: usize = 256;
/// How long answers in flight may take at stop.
const GRACE: Duration = Duration::from_secs(5);

/// Serves `app` on bound listeners until `shutdown`; then takes no further
/// connection or request, closes idle connections at once, and gives answers in
/// flight five seconds.
///
/// # Errors
/// If a listener cannot be registered with the runtime.
pub async fn serve<A: App>(
    listeners: Vec<std::net::TcpListener>,
    app: Arc<A>,
    options: Options,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let site = Arc::new(Site::new(app, options));
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let (stop, stopped) = watch::channel(false);
    let mut ports = JoinSet::new();
    for listener in listeners {
        let acceptor = Acceptor::new(listener, "web")?;
        ports.spawn(port(acceptor, Arc::clone(&site), Arc::clone(&places), stopped.clone()));
    }
    shutdown.await;
    stop.send_replace(true);
    while ports.join_next().await.is_some() {}
    Ok(())
}

/// One listener and its connections, until the stop and then until the last is
/// closed or out of time.
async fn port<A: App>(
    mut acceptor: Acceptor,
    site: Arc<Site<A>>,
    places: Arc<Semaphore>,
    stopped: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    let mut stop = stopped.clone();
    let stop = stop_of(&mut stop);
    tokio::pin!(stop);
    loop {
        tokio::select! {
            biased;
            () = &mut stop => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            (place, stream) = next(&mut acceptor, &places) => {
                prepare(&stream);
                let connection = connection(stream, Arc::clone(&site), stopped.clone());
                connections.spawn(async {
                    connection.await;
                    drop(place);
                });
            }
        }
    }
    drop(acceptor);
    let all = async { while connections.join_next().await.is_some() {} };
    // Those that are not done are dropped with their set.
    let _ = tokio::time::timeout(GRACE, all).await;
}

/// The next connection, once there is a place for it. May be dropped and called
/// again.
async fn next(
    acceptor: &mut Acceptor,
    places: &Arc<Semaphore>,
) -> (Option<OwnedSemaphorePermit>, TcpStream) {
    // An error would mean that the semaphore is closed, which nobody does.
    let place = Arc::clone(places).acquire_owned().await.ok();
    (place, acceptor.accept(|| {}).await)
}

/// A system that refuses either serves all the same.
fn prepare(stream: &TcpStream) {
    // Else the end of an answer may wait for the client's acknowledgement of
    // its middle.
    let _ = stream.set_nodelay(true);
    let _ = SockRef::from(stream).set_send_buffer_size(SEND_BUFFER);
}

async fn connection<A: App>(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    site: Arc<Site<A>>,
    mut stopped: watch::Receiver<bool>,
) {
    let service = service_fn(|request| {
        let site = Arc::clone(&site);
        async move { Ok::<_, Infallible>(site.answer(request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_header_size(HEAD)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(Patient::new(stream, PACE)), service);
    tokio::pin!(connection);
    let served = tokio::select! {
        served = &mut connection => served,
        () = stop_of(&mut stopped) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        debug!(%error, "a web connection broke");
    }
}

/// Waits for the stop; also when its sender is gone.
async fn stop_of(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stop| *stop).await;
}

#[cfg(test)]
mod tests;
