//! What the test files share: a strict reader of expositions, the recorded
//! cases, a handle on the built binary, and the captured traffic.
//!
//! Nothing here knows the inside of the bridge, except `library`, which drives
//! the crate without sockets: the tests see what a user sees.
//!
//! Heat: cold.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file is a crate of its own and uses a part of this"
)]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a test stops at the first surprise, with its place"
)]
#![allow(
    clippy::must_use_candidate,
    clippy::missing_errors_doc,
    clippy::float_cmp,
    reason = "tests ask for the very number that was sent"
)]

pub mod bridge;
pub mod capture;
pub mod cases;
pub mod client_model;
pub mod exposition;
pub mod generated;
pub mod go_number;
pub mod http;
pub mod ledger;
pub mod library;
pub mod log;
pub mod loose_json;
pub mod openmetrics_parser;
pub mod peer;
pub mod process;
pub mod prometheus;
pub mod promql;
pub mod rust_source;
pub mod scratch;
pub mod strace;
pub mod traffic;
