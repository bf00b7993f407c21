//! From the registry to what scrapers read. Every format is made in chunks while
//! a cursor walks the families, so a scrape of a million series holds two or three
//! chunks (of protobuf: its largest family) and no copy of anything.
//!
//! | file | job |
//! |---|---|
//! | [`text`] | the text format 0.0.4 |
//! | [`openmetrics`] | the text format `OpenMetrics` 1.0 |
//! | [`protobuf`] | the protobuf format, with native histograms |
//! | `families` | all families in order, the bridge's own among them |
//! | `lines` | a scrape as lines in chunks, for both formats of text |
//! | `reading` | the numbers of one series |
//!
//! This room does no I/O and knows nothing of HTTP; whoever sends the chunks takes
//! them from an iterator.
//!
//! Heat: cold (once per series and scrape).

mod bounds;
mod families;
mod lines;
mod moment;
mod number;
pub mod openmetrics;
pub mod protobuf;
mod reading;
mod sample;
pub mod text;

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests;

pub use number::write_number;

/// The size of a chunk, in bytes.
pub const CHUNK: usize = 64 * 1024;
