//! What must hold for any input at all. Property tests, the fuzz targets and the
//! replay of their corpora call the same functions, one file a relation:
//!
//! | file | relation |
//! |---|---|
//! | `pieces` | a datagram split at any line feed means the same as its pieces |
//! | `cache` | a worker that remembers routes does what one that forgets does |
//! | `cost` | what a line leaves behind is finite and valid, and costs no more than its length allows |
//! | `rules` | trie and regexes find what trying the rules one by one finds |
//! | `yaml` | any mapping file is an error or a rule set that routes |
//! | `formats` | text and protobuf show the same numbers, those of the registry |
//!
//! The seventh, that the parser says what a slow one says, is in `reference`.
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
    clippy::must_use_candidate,
    clippy::missing_errors_doc,
    clippy::float_cmp,
    reason = "a relation that does not hold stops the test where it is seen"
)]

pub mod bytes;
pub mod cache;
pub mod cost;
pub mod counting;
pub mod formats;
pub mod made_up;
pub mod pieces;
pub mod rules;
pub mod scene;
pub mod yaml;

#[path = "../support/client_model.rs"]
pub mod client_model;
#[path = "../support/exposition.rs"]
pub mod exposition;
#[path = "../support/go_number.rs"]
pub mod go_number;
