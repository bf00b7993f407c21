//! An exposition as the body of an answer. A thread that may block runs through
//! the pieces, compresses them if asked to, and hands them over by a short
//! channel, so memory stays small however slow the client is, and the work ends
//! soon after the client has gone.
//!
//! Heat: cold (once per 64 KiB).

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame};
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::compress::compressed;
use super::negotiate::Coding;
use super::{App, Format};

/// Pieces that are ready and not yet sent, at most.
const AHEAD: usize = 4;
/// Scrapes that are being made at once, at most. Each has a thread and some
/// 300 KiB, of protobuf its largest family; a handful of scrapers that keep to
/// their interval never meet the limit.
pub(super) const MOST_SCRAPES: usize = 16;

/// Room for scrapes.
pub(super) struct Places(Arc<Semaphore>);

/// One scrape's.
pub(super) struct Place {
    _permit: OwnedSemaphorePermit,
}

impl Places {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(MOST_SCRAPES)))
    }

    /// `None` if all are taken.
    pub(super) fn take(&self) -> Option<Place> {
        let permit = Arc::clone(&self.0).try_acquire_owned().ok()?;
        Some(Place { _permit: permit })
    }
}

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
pub(super) struct Gone;

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
    /// Starts to make the exposition. Its place is free when that is done or
    /// given up.
    pub(super) fn start(flight: Flight<A>, place: Place, format: Format, coding: Coding) -> Self {
        let (sender, parts) = mpsc::channel(AHEAD);
        let app = Arc::clone(&flight.app);
        tokio::task::spawn_blocking(move || {
            let _place = place;
            // On an error there is nobody left to tell.
            make(app.scrape(format), coding, &sender).ok()
        });
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
    compressed(pieces, coding, |data| send(sender, Part::Data(data)))?;
    send(sender, Part::End)
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
