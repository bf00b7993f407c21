//! A StatsD-to-Prometheus bridge: `StatsD` lines come in over UDP, TCP and unix
//! sockets, and leave as Prometheus series at `/metrics`.
//!
//! This page is the table of contents. The floors, from the roof down:
//!
//! | floor | room | job |
//! |---|---|---|
//! | 5 | [`server`] | builds every part once, starts and stops them |
//! | 5 | [`config`] | flags and variables as typed, and the plain values they become |
//! | 5 | [`logging`] | log lines on standard error |
//! | 4 | [`listener`] | UDP, TCP and unix sockets, and the threads and tasks that read them |
//! | 4 | [`relay`] | a copy of every line on to another server |
//! | 4 | [`http`] | the web port |
//! | beside | [`accept`] | taking connections, for both of them |
//! | 3 | [`ingest`] | waist 1: from bytes to updates; begin to read at [`ingest::Worker`] |
//! | 3 | [`exposition`] | waist 2: from the registry to the text that scrapers read |
//! | 2 | [`registry`] | who owns the numbers: families, series, conflicts, expiry |
//! | 1 | [`protocol`] | the bytes of a line to samples, borrowed |
//! | 1 | [`mapping`] | from a metric name to its family and labels: the rules of a mapping file |
//! | 1 | [`metric`] | counters, gauges, histograms, summaries: one series' numbers |
//! | 0 | [`model`] | the words that all rooms share, valid by construction |
//! | beside | [`telemetry`] | the bridge's own metrics |
//! | beside | [`clock`] | the only place that reads the time |
//! | beside | `prefetch` | asking for memory before it is needed |
//! | beside | `seeded` | the hash of every table that senders fill |
//! | beside | `sync` | the one shim for atomics, so that protocols can be model-checked |
//!
//! A room imports only from floors below its own; `tests/import_law.rs` holds that.

pub mod accept;
pub mod clock;
pub mod config;
pub mod exposition;
pub mod http;
pub mod ingest;
pub mod listener;
pub mod logging;
pub mod mapping;
pub mod metric;
pub mod model;
mod prefetch;
pub mod protocol;
pub mod registry;
pub mod relay;
mod seeded;
pub mod server;
mod sync;
pub mod telemetry;
