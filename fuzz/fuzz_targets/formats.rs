//! Any registry looks the same as text and as protobuf. Every byte is a choice.
//!
//! Heat: cold.

#![no_main]

#[path = "../../tests/relations/mod.rs"]
mod relations;

libfuzzer_sys::fuzz_target!(|input: &[u8]| relations::formats::assert_relation(input));
