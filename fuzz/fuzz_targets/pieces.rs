//! A datagram split at any line feed means the same as its pieces. The first byte
//! chooses the rules, the second where to split.
//!
//! Heat: cold.

#![no_main]

#[path = "../../tests/relations/mod.rs"]
mod relations;

libfuzzer_sys::fuzz_target!(|input: &[u8]| relations::pieces::assert_relation(input));
