//! The bridge beside the incumbent, or beside any binary that is compatible with
//! it: both get the same flags, mapping files, lines and requests, and have to
//! expose the same. Set `STATSD_BRIDGE_COMPARE_WITH=/path/to/binary` to run it;
//! without it, each test says that it is skipped.
//!
//! Generated input comes from a seed, which is printed and can be given
//! (`STATSD_BRIDGE_COMPARE_SEED`), as can the number of rounds
//! (`STATSD_BRIDGE_COMPARE_ROUNDS`). Where the two differ on purpose, input is
//! kept away by `avoid`, or the tables say so, naming the row of COMPATIBILITY.md.
//!
//! Heat: cold.

#![allow(unreachable_pub, reason = "nobody uses a test as a library")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod avoid;
mod by_hand;
mod compare;
mod dice;
mod lines;
mod mappings;
mod pair;
mod recorded;
mod rounds;
#[path = "../support/mod.rs"]
mod support;
mod web;
