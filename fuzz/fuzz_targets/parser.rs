//! Any bytes: the parser says what the slow reference says, and a recipe made of
//! one value holds for the others. The first byte chooses the tag styles.
//!
//! Heat: cold.

#![no_main]

#[path = "../../tests/reference/mod.rs"]
mod reference;

libfuzzer_sys::fuzz_target!(|input: &[u8]| reference::assert_relation(input));
