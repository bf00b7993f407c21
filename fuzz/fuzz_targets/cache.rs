//! Cache on = cache off, for any steps: datagrams, batches, waits and reloads with
//! a zero byte between them.
//!
//! Heat: cold.

#![no_main]

#[path = "../../tests/relations/mod.rs"]
mod relations;

libfuzzer_sys::fuzz_target!(|input: &[u8]| relations::cache::assert_relation(input));
