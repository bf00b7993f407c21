//! From bytes to updates: waist 1 of the hourglass. A [`Worker`] takes datagrams
//! and lines, finds the series each sample belongs to, and applies the sample
//! there. Listeners, tests, benches and fuzz targets are equal callers.
//!
//! Begin to read at [`Worker::ingest_datagrams`]: a few lines at a time are looked
//! up (`ahead.rs`) by their spelling (`spelling.rs`) in the worker's cache of routes
//! (`cache.rs`), and then taken (`taker.rs`): one that has a route is followed to its
//! end (`settle.rs`), any other is parsed, mapped (`judge.rs`) and given a route
//! (`route.rs`, `commons.rs`). What all workers share is in [`Engine`]: rules,
//! series, the table of routes, the telemetry.
//!
//! With a relay, a worker also copies every line (`copies.rs`); how copies become
//! packets is said here too (`packets.rs`), who sends them is not.
//!
//! Nothing here opens a socket, knows tokio or reads a clock.
//!
//! Heat: hot.

mod ahead;
mod cache;
mod commons;
mod copies;
mod engine;
mod explain;
mod judge;
mod lines;
#[cfg(test)]
#[cfg(loom_model)]
mod loom_tests;
mod marks;
mod packets;
mod published;
mod route;
mod settle;
mod shared;
mod spelling;
mod taker;
mod worker;

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests;

pub use copies::{Lines, RelayHandle};
pub use engine::Engine;
pub use packets::Packer;
pub use shared::DeadRoutes;
pub use worker::Worker;
