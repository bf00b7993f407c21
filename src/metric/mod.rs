//! The numbers of one series: how an update changes them, and how a scrape
//! reads them while updates go on.
//!
//! Every update here is lock-free: it is a bounded number of atomic operations,
//! or a compare-exchange that is repeated only because another update went
//! through. A room of pure numbers: it knows no names, labels or lifetimes, and
//! imports only `model` and `sync`.
//!
//! Heat: hot.

mod cast;
mod cell;
mod counter;
mod gauge;
mod histogram;
mod native;
mod summary;

#[cfg(test)]
#[cfg(loom_model)]
mod loom_tests;

pub use counter::Counter;
pub use gauge::Gauge;
pub use histogram::Histogram;
pub use native::NativeReading;
pub use summary::{Ahead, Distribution, Scratch, Summary};

pub(crate) use cast::{float, whole};

/// The update was refused because the number would not be finite any more (or,
/// for a counter, would go down). Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overflow;
