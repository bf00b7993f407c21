//! Trie and regexes find what trying the rules one by one finds. Every byte is a
//! choice.
//!
//! Heat: cold.

#![no_main]

#[path = "../../tests/relations/mod.rs"]
mod relations;

libfuzzer_sys::fuzz_target!(|input: &[u8]| relations::rules::assert_relation(input));
