//! Replays the corpora of all fuzz targets, past failures among them, through the
//! same relations on a stable toolchain.
//!
//! Heat: cold.

mod reference;
mod relations;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

#[global_allocator]
static ALLOCATOR: relations::counting::Counting = relations::counting::Counting;

/// A target, and what it calls with each input.
type Target = (&'static str, fn(&[u8]));

const TARGETS: [Target; 7] = [
    ("parser", reference::assert_relation),
    ("pieces", relations::pieces::assert_relation),
    ("cache", relations::cache::assert_relation),
    ("cost", relations::cost::assert_relation),
    ("rules", relations::rules::assert_relation),
    ("yaml", relations::yaml::assert_relation),
    ("formats", relations::formats::assert_relation),
];

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(folder);
    let files =
        fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    files.map(|file| file.expect("a file").path()).collect()
}

fn names(folder: &str) -> BTreeSet<String> {
    let stem = |path: &PathBuf| path.file_stem().map(|name| name.to_string_lossy().into_owned());
    files(folder).iter().filter_map(stem).collect()
}

#[test]
fn every_target_has_a_corpus_and_is_replayed() {
    let targets: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names("fuzz_targets"), targets);
    assert_eq!(names("corpus"), targets);
}

#[test]
fn every_corpus_holds() {
    for (target, assert_relation) in TARGETS {
        let files = files(&format!("corpus/{target}"));
        assert!((20..=60).contains(&files.len()), "{} inputs for {target}", files.len());
        for file in files {
            println!("{}", file.display());
            assert_relation(&fs::read(&file).expect("a file that can be read"));
        }
    }
}
