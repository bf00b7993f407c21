//! Any mapping file is an error or a rule set that routes.
//!
//! Heat: cold.

#![no_main]

#[path = "../../tests/relations/mod.rs"]
mod relations;

libfuzzer_sys::fuzz_target!(|input: &[u8]| relations::yaml::assert_relation(input));
