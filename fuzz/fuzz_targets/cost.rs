//! What a line leaves behind is finite and valid, and costs no more than its length
//! allows. The first byte chooses the rules.
//!
//! Heat: cold.

#![no_main]

#[path = "../../tests/relations/mod.rs"]
mod relations;

#[global_allocator]
static ALLOCATOR: relations::counting::Counting = relations::counting::Counting;

libfuzzer_sys::fuzz_target!(|input: &[u8]| relations::cost::assert_relation(input));
