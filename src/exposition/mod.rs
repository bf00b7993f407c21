//! From the registry to what scrapers read. Text is made in chunks while a cursor
//! walks the families, so a scrape of a million series holds two or three chunks
//! and no copy of anything.
//!
//! This room does no I/O and knows nothing of HTTP; whoever sends the chunks takes
//! them from an iterator.
//!
//! Heat: cold (once per series and scrape).

mod bounds;
mod number;
mod reading;
pub mod text;

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests;

pub use number::write_number;
