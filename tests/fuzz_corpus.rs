//! Replays the corpus of the fuzz target `parser`, past failures among it, through
//! the same relation on a stable toolchain.
//!
//! Heat: cold.

mod reference;

use std::fs;
use std::path::Path;

use reference::assert_relation;

#[test]
fn the_corpus_of_the_parser_holds() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/parser");
    let files: Vec<_> = fs::read_dir(&corpus).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.len() >= 30, "only {} inputs in {}", files.len(), corpus.display());
    for file in files {
        println!("{}", file.display());
        assert_relation(&fs::read(&file).unwrap());
    }
}
