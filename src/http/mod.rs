//! The web port: scrapes, health, and what the lifecycle flag allows. What is
//! exposed and what a reload does is not known here; the server hands in an
//! [`App`].
//!
//! | file | job |
//! |---|---|
//! | [`serve()`] | connections, their limits, and the stop |
//! | `site` | which path and method is answered how |
//! | [`negotiate`] | from `Accept` and `Accept-Encoding` to a format and a coding |
//! | `scrape` | an exposition as a stream, made in a thread of its own |
//! | `compress` | the same, compressed on its way |
//! | `patience` | a connection whose client takes nothing is given up |
//! | `landing` | the page at `/` |
//!
//! Heat: cold (once per request; per 64 KiB of a scrape).

mod compress;
mod landing;
pub mod negotiate;
mod patience;
mod scrape;
mod serve;
mod site;
#[cfg(test)]
mod testing;

use bytes::Bytes;

pub use negotiate::{Format, Kind};
pub use serve::{MOST_CONNECTIONS, serve};

/// What the web port serves. All but [`App::scrape`] and [`App::reload`] are
/// called on the runtime's threads and must return at once.
pub trait App: Send + Sync + 'static {
    /// The exposition in `format`, in pieces of about 64 KiB. Called and run
    /// through on a thread that may take its time; given up before its end when
    /// the client goes away.
    fn scrape(&self, format: Format) -> impl Iterator<Item = Bytes>;

    /// Whether the bridge takes lines.
    fn phase(&self) -> Phase;

    /// Loads the rules again, and returns when that is done, well or not; the
    /// client is answered then. Called on a thread that may take its time.
    fn reload(&self);

    /// The ledger of this moment, as JSON.
    fn ledger(&self) -> Bytes;

    /// Asks the bridge to stop.
    fn quit(&self);

    /// A request for the metrics begins (`requests_in_flight` goes up).
    fn scrape_began(&self);

    /// It is over, answered with the status `code` (`requests_total{code}`), or
    /// left by its client.
    fn scrape_ended(&self, code: u16);
}

/// Where the bridge is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Not every listener is bound.
    Starting,
    /// Lines are taken.
    Ready,
    /// The sockets are being drained.
    Stopping,
}

/// What the flags say of the web port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// `--web.telemetry-path`, which begins with `/`; `/` takes the landing
    /// page's place.
    pub metrics_path: String,
    /// `--web.enable-lifecycle`: whether there is `/-/reload` and `/-/quit`.
    pub lifecycle: bool,
    /// `--web.openmetrics=1.0`: whether that format is offered.
    pub openmetrics: bool,
}
