//! An exposition as the body of an answer. A thread that may block runs through
//! the pieces, compresses them if asked to, and hands them over by a short
//! channel, so memory stays small however slow the client is, and the work ends
//! soon after the client has gone.
//!
//! Heat: cold (once per 64 KiB).

use std::io::Write;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::body::{Body, Frame};
use tokio::sync::mpsc::{self, Receiver, Sender};

use super::negotiate::Coding;
use super::{App, Format};

/// Pieces that are ready and not yet sent, at most.
const AHEAD: usize = 4;
/// Compressed bytes are sent on when there are so many.
const PIECE: usize = 32 * 1024;
/// Measured on 16 MB of counters with three labels: level 1 makes it 9 times
/// smaller at 485 MB/s, 2 makes it 11 times at 200, 6 makes it 13 times at 63.
const LEVEL: Compression = Compression::fast();

/// A body that is still being made.
pub(super) struct ScrapeBody<A: App> {
    /// `None` for a body that is announced and not sent.
    parts: Option<Receiver<Part>>,
    /// Gone once the whole body was handed on.
    flight: Option<Flight<A>>,
}

/// What passes the channel. Without the end, a body whose maker died in the
/// middle would look whole.
enum Part {
    Data(Bytes),
    End,
}

/// The exposition could not be made to its end; the connection is broken off,
/// so that the client does not take half of it for all.
#[derive(Debug)]
pub(super) struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("the exposition broke off")
    }
}

impl std::error::Error for Broken {}

/// Nobody takes the parts any more.
struct Gone;

/// A request for the metrics, from its beginning until this is dropped.
pub(super) struct Flight<A: App> {
    app: Arc<A>,
    code: u16,
}

impl<A: App> Flight<A> {
    /// Begins a request that will be answered with the status `code`.
    pub(super) fn begin(app: &Arc<A>, code: u16) -> Self {
        app.scrape_began();
        Self { app: Arc::clone(app), code }
    }
}

impl<A: App> Drop for Flight<A> {
    fn drop(&mut self) {
        self.app.scrape_ended(self.code);
    }
}

impl<A: App> ScrapeBody<A> {
    /// Starts to make the exposition.
    pub(super) fn start(flight: Flight<A>, format: Format, coding: Coding) -> Self {
        let (sender, parts) = mpsc::channel(AHEAD);
        let app = Arc::clone(&flight.app);
        // On an error there is nobody left to tell.
        tokio::task::spawn_blocking(move || make(app.scrape(format), coding, &sender).ok());
        Self { parts: Some(parts), flight: Some(flight) }
    }

    /// Stands in for a body of unknown length that is not sent (HEAD).
    pub(super) fn unsent(flight: Flight<A>) -> Self {
        Self { parts: None, flight: Some(flight) }
    }
}

fn make(
    pieces: impl Iterator<Item = Bytes>,
    coding: Coding,
    sender: &Sender<Part>,
) -> Result<(), Gone> {
    match coding {
        Coding::Identity => pieces.map(Part::Data).try_for_each(|part| send(sender, part))?,
        Coding::Gzip => compress(pieces, sender)?,
    }
    send(sender, Part::End)
}

fn compress(pieces: impl Iterator<Item = Bytes>, sender: &Sender<Part>) -> Result<(), Gone> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(2 * PIECE), LEVEL);
    for piece in pieces {
        // Writing to memory does not fail; if it did, the end would be missing.
        encoder.write_all(&piece).map_err(|_| Gone)?;
        if encoder.get_ref().len() >= PIECE {
            let ready = mem::replace(encoder.get_mut(), Vec::with_capacity(2 * PIECE));
            send(sender, Part::Data(ready.into()))?;
        }
    }
    let rest = encoder.finish().map_err(|_| Gone)?;
    send(sender, Part::Data(rest.into()))
}

fn send(sender: &Sender<Part>, part: Part) -> Result<(), Gone> {
    sender.blocking_send(part).map_err(|_| Gone)
}

impl<A: App> Body for ScrapeBody<A> {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        if self.flight.is_none() {
            return Poll::Ready(None);
        }
        let Some(parts) = &mut self.parts else { return Poll::Ready(None) };
        parts.poll_recv(context).map(|part| match part {
            Some(Part::Data(data)) => Some(Ok(Frame::data(data))),
            Some(Part::End) => {
                // Counted before the client can know that this was all.
                self.flight = None;
                None
            }
            None => Some(Err(Broken)),
        })
    }
}
