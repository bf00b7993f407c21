//! Lines over streams, TCP or unix: a task per connection waits until there is
//! something to read, borrows a worker, reads, and applies all whole lines at once.
//! Nothing is ever sent back.
//!
//! What they may take, and what is done with too many, stands in `limits`.
//!
//! Heat: warm (once per read; the loop over lines is in `lines`).

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::task::JoinSet;

use super::Ingest;
use super::limits::{Connections, Streams};
use super::lines::{Lines, TooLong};
use super::pool::Seat;
use super::stream::{LineListener, Stream};
use crate::accept::Acceptor;
use crate::model::Tick;

/// How long connections are drained at stop.
const DRAIN: Duration = Duration::from_secs(1);

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
    port: &'static str,
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
        Some(Self { streams, lines, port, _place: place })
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
            match self.within_limit(stream.readable()).await {
                Some(Ok(())) => {}
                Some(Err(_)) => return self.streams.connections.failed(),
                None => return,
            }
            match self.step(|buffer| stream.try_read(buffer)) {
                // Others have something to read as well.
                Step::More => tokio::task::yield_now().await,
                Step::Empty => {}
                Step::Over => return,
            }
        }
    }

    /// Waits for `event`; `None` if the client was silent for too long.
    async fn within_limit<T>(&self, event: impl Future<Output = T>) -> Option<T> {
        let Some(time) = self.streams.limits.idle else { return Some(event.await) };
        let outcome = tokio::time::timeout(time, event).await.ok();
        if outcome.is_none() {
            self.streams.timed_out(self.port, time);
        }
        outcome
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

/// Waits for the stop and gives the deadline of the draining.
async fn stop_of(stopped: &mut watch::Receiver<Option<Instant>>) -> Instant {
    let deadline = stopped.wait_for(Option::is_some).await.ok().and_then(|deadline| *deadline);
    deadline.unwrap_or_else(Instant::now)
}

#[cfg(test)]
mod tests;
