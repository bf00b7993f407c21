//! Lines over streams, TCP or unix: a task per connection waits until there is
//! something to read, borrows a worker, reads, and applies all whole lines at once.
//! Nothing is ever sent back.
//!
//! Of more connections than there may be the newcomer is closed at once. Those that
//! are there are at work, as far as anybody can tell; a newcomer that had to wait
//! would believe that its lines arrive, and hold a descriptor meanwhile. It is told
//! as soon as can be, and may try again.
//!
//! A connection that was silent for too long is closed, if a time is set. What it
//! began and did not end is not a line, as at a stop.
//!
//! Heat: warm (once per read; the loop over lines is in `lines`).

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tracing::warn;

use super::Ingest;
use super::lines::{Lines, TooLong};
use super::pool::{Pool, Seat};
use super::stream::{LineListener, Stream};
use crate::accept::{Acceptor, Seldom};
use crate::clock::Clock;
use crate::model::Tick;

/// How long connections are drained at stop.
const DRAIN: Duration = Duration::from_secs(1);

/// What is counted of connections. Every call is a plain increment.
pub trait Connections: Send + Sync + 'static {
    /// A connection was accepted.
    fn opened(&self);
    /// A connection broke, or could not be accepted.
    fn failed(&self);
    /// A connection is closed because of a line that is too long.
    fn line_too_long(&self);
    /// A connection is closed before it began, since there are as many as there
    /// may be. It was not opened.
    fn refused(&self);
    /// A connection is closed since nothing came for too long.
    fn timed_out(&self);
}

/// What connections may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many are open at once; 0 is no limit.
    pub connections: usize,
    /// How long one may be silent.
    pub idle: Option<Duration>,
    /// Bytes of a line, without its `\n`.
    pub line: usize,
}

/// What all connections of a kind share.
#[derive(Debug)]
pub struct Streams<I, C> {
    pool: Arc<Pool<I>>,
    connections: C,
    clock: Clock,
    limits: Limits,
    places: Arc<Semaphore>,
    refusals: Mutex<Seldom>,
    timeouts: Mutex<Seldom>,
}

impl<I, C: Connections> Streams<I, C> {
    /// None is open. `pool` has who takes the lines; other kinds may share it.
    /// `connections` counts, `clock` gives the ticks.
    pub fn new(pool: Arc<Pool<I>>, connections: C, clock: Clock, limits: Limits) -> Self {
        let places = match limits.connections {
            0 => Semaphore::MAX_PERMITS,
            some => some.min(Semaphore::MAX_PERMITS),
        };
        let (places, log) = (Arc::new(Semaphore::new(places)), Mutex::<Seldom>::default);
        Self { pool, connections, clock, limits, places, refusals: log(), timeouts: log() }
    }

    /// A place for a newcomer; `None`, which is counted and told, if all are taken.
    fn place(&self, port: &'static str) -> Option<OwnedSemaphorePermit> {
        let place = Arc::clone(&self.places).try_acquire_owned().ok();
        if place.is_none() {
            self.connections.refused();
            if is_due(&self.refusals) {
                let open = self.limits.connections;
                warn!(port, open, "too many connections, closing further ones at once");
            }
        }
        place
    }

    fn timed_out(&self) {
        self.connections.timed_out();
        if is_due(&self.timeouts) {
            warn!(after = ?self.limits.idle, "nothing came over a connection, closing it");
        }
    }
}

fn is_due(log: &Mutex<Seldom>) -> bool {
    log.lock().unwrap_or_else(PoisonError::into_inner).is_due(Instant::now())
}

/// Serves a bound listener until `shutdown`; then takes what the kernel holds
/// of each connection, those not yet accepted too, for a second at most, and
/// closes them. A line that is not whole by then is not applied.
///
/// # Errors
/// If the listener cannot be registered with the runtime.
pub async fn serve<L, I, C>(
    listener: L::Std,
    streams: Arc<Streams<I, C>>,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()>
where
    L: LineListener,
    I: Ingest + Send + 'static,
    C: Connections,
{
    let mut acceptor = Acceptor::<L>::new(listener, L::NAME)?;
    let (stop, stopped) = watch::channel(None);
    let mut tasks = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            Some(_) = tasks.join_next(), if !tasks.is_empty() => {}
            stream = acceptor.accept(|| streams.connections.failed()) => {
                match Connection::open(&streams, L::NAME) {
                    Some(connection) => {
                        tasks.spawn(connection.run(stream, stopped.clone()));
                    }
                    None => stream.refuse(),
                }
            }
        }
    }
    let deadline = Instant::now() + DRAIN;
    stop.send_replace(Some(deadline));
    take_queue::<L, _, _>(&acceptor.into_std()?, &streams, deadline, &mut tasks);
    while tasks.join_next().await.is_some() {}
    Ok(())
}

/// Drains the connections that the kernel accepted and we did not yet.
fn take_queue<L: LineListener, I: Ingest + Send + 'static, C: Connections>(
    listener: &L::Std,
    streams: &Arc<Streams<I, C>>,
    deadline: Instant,
    tasks: &mut JoinSet<()>,
) {
    while Instant::now() < deadline {
        let Ok(stream) = L::take_waiting(listener) else { break };
        let Some(mut connection) = Connection::open(streams, L::NAME) else { continue };
        tasks.spawn(async move { connection.drain(stream, deadline).await });
    }
}

struct Connection<I, C> {
    streams: Arc<Streams<I, C>>,
    lines: Lines,
    _place: OwnedSemaphorePermit,
}

/// What a read came to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Something was read; there may be more.
    More,
    /// There is nothing to read now.
    Empty,
    /// The connection is over.
    Over,
}

impl<I: Ingest, C: Connections> Connection<I, C> {
    /// `None` if there is no place for it.
    fn open(streams: &Arc<Streams<I, C>>, port: &'static str) -> Option<Self> {
        let place = streams.place(port)?;
        streams.connections.opened();
        let (lines, streams) = (Lines::new(streams.limits.line), Arc::clone(streams));
        Some(Self { streams, lines, _place: place })
    }

    async fn run(mut self, stream: impl Stream, mut stopped: watch::Receiver<Option<Instant>>) {
        // Where the system has no such thing, a place may be held by the dead.
        let _ = stream.watch_client();
        let deadline = tokio::select! {
            biased;
            deadline = stop_of(&mut stopped) => deadline,
            () = self.live(&stream) => return,
        };
        // The runtime may not have noticed yet what the kernel holds, so the
        // rest is asked for without it.
        if let Ok(stream) = stream.into_std() {
            self.drain(stream, deadline).await;
        }
    }

    /// Reads until the connection is over. May be dropped between two reads.
    async fn live(&mut self, stream: &impl Stream) {
        loop {
            match within(self.streams.limits.idle, stream.readable()).await {
                Some(Ok(())) => {}
                Some(Err(_)) => return self.streams.connections.failed(),
                None => return self.streams.timed_out(),
            }
            match self.step(|buffer| stream.try_read(buffer)) {
                // Others have something to read as well.
                Step::More => tokio::task::yield_now().await,
                Step::Empty => {}
                Step::Over => return,
            }
        }
    }

    /// Reads what the kernel holds of a non-blocking stream, in turns with other
    /// connections.
    async fn drain(&mut self, mut stream: impl io::Read, deadline: Instant) {
        while Instant::now() < deadline && self.step(|buffer| stream.read(buffer)) == Step::More {
            tokio::task::yield_now().await;
        }
    }

    /// One read, and all lines that it ends, with one worker.
    fn step(&mut self, read: impl FnOnce(&mut [u8]) -> io::Result<usize>) -> Step {
        let Self { streams, lines, .. } = self;
        let taken = streams.pool.with(|seat| {
            let now = streams.clock.now();
            let step = match read(&mut seat.buffer) {
                Ok(0) => end(lines, &mut seat.ingest, now),
                Ok(length) => take(lines, seat, length, now).unwrap_or_else(|TooLong| {
                    streams.connections.line_too_long();
                    Step::Over
                }),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Step::Empty,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => return Step::More,
                Err(_) => {
                    streams.connections.failed();
                    end(lines, &mut seat.ingest, now)
                }
            };
            seat.ingest.flush();
            step
        });
        taken.unwrap_or(Step::Over)
    }
}

/// Applies the lines that the `length` bytes in the buffer end.
fn take<I: Ingest>(
    lines: &mut Lines,
    seat: &mut Seat<I>,
    length: usize,
    now: Tick,
) -> Result<Step, TooLong> {
    let Seat { ingest, buffer } = seat;
    let piece = buffer.get(..length).unwrap_or_default();
    lines.feed(piece, |line| ingest.line(line, now))?;
    Ok(Step::More)
}

/// Applies the last line, also that of a connection that broke, as the
/// incumbent does.
fn end(lines: &mut Lines, ingest: &mut impl Ingest, now: Tick) -> Step {
    lines.finish(|line| ingest.line(line, now));
    Step::Over
}

/// `None` if the time is over before `event`.
async fn within<T>(time: Option<Duration>, event: impl Future<Output = T>) -> Option<T> {
    match time {
        Some(time) => tokio::time::timeout(time, event).await.ok(),
        None => Some(event.await),
    }
}

/// Waits for the stop and gives the deadline of the draining.
async fn stop_of(stopped: &mut watch::Receiver<Option<Instant>>) -> Instant {
    let deadline = stopped.wait_for(Option::is_some).await.ok().and_then(|deadline| *deadline);
    deadline.unwrap_or_else(Instant::now)
}

#[cfg(test)]
mod tests;
