//! The words that every room of the bridge shares: names, labels, samples,
//! updates, and the ways in which each can end. Values of these types are valid
//! by construction, so no later room sanitizes or checks them again.
//!
//! This room imports nothing of the project, does no I/O, reads no clock and
//! holds no shared state.
//!
//! Heat: hot (plain data; whatever allocates says so).

mod dialect;
mod family;
mod kind;
mod label;
mod name;
mod outcome;
mod sample;
mod tick;
mod update;

pub mod own;

pub use dialect::{Dialect, TagStyles};
pub use family::{
    DEFAULT_BUCKETS, DEFAULT_HELP, DEFAULT_QUANTILES, FamilySpec, HistogramOptions, NativeOptions,
    Quantile, Shape, SummaryOptions,
};
pub use kind::MetricKind;
pub use label::LabelSet;
pub use name::{LabelName, MetricName};
pub use outcome::Outcome;
pub use sample::{Notes, Sample, SampleName, TagText};
pub use tick::{Tick, Ttl};
pub use update::Update;
