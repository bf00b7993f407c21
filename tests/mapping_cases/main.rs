//! Every `.cases` file of the folder `mapping/`, held to the mapping beside it;
//! `mapping/README.md` says how such a file is read. The lines go the whole way,
//! from bytes to the exposition.
//!
//! Heat: cold.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod cases;
mod replay;

use std::fs;
use std::path::{Path, PathBuf};

use statsd_bridge::mapping::RuleSet;
use statsd_bridge::model::TagStyles;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("mapping")
}

/// The files of `mapping/` and `mapping/examples/` with this extension.
fn files(extension: &str) -> Vec<PathBuf> {
    let folders = [folder(), folder().join("examples")];
    let entries = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|it| it == extension));
    files.sort();
    files
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

#[test]
fn every_case_holds() {
    let mut blocks = 0;
    for file in files("cases") {
        let yaml = read(&file.with_extension("yml"));
        for block in cases::blocks(&read(&file)) {
            let loaded = RuleSet::parse(&yaml, "case", TagStyles::ALL);
            let rules = loaded.unwrap_or_else(|error| panic!("{}: {error}", file.display())).rules;
            let exposed = replay::exposition(rules, &block.lines);
            if let Err(difference) = block.check(&exposed) {
                panic!("{}:{}: {difference}", file.display(), block.line);
            }
            blocks += 1;
        }
    }
    assert!(blocks > 30, "only {blocks} blocks were found");
}

#[test]
fn every_mapping_has_cases_or_is_broken_on_purpose() {
    for file in files("yml") {
        let shown = file.display();
        if file.with_extension("cases").exists() {
            continue;
        }
        let wanted = read(&file.with_extension("err"));
        let name = file.file_name().unwrap().to_str().unwrap();
        let error = RuleSet::parse(&read(&file), name, TagStyles::ALL).err();
        let error = error.unwrap_or_else(|| panic!("{shown} has no cases and no fault"));
        assert_eq!(error.to_string(), wanted.trim_end(), "{shown}");
    }
}

/// What README.md shows are parts of the files that are tested.
#[test]
fn the_readme_shows_the_files() {
    let readme = read(&folder().join("README.md"));
    let known: Vec<String> =
        ["yml", "cases", "err"].iter().flat_map(|it| files(it)).map(|file| read(&file)).collect();
    let mut shown = 0;
    for fence in ["```yaml\n", "```cases\n", "```text\n"] {
        for block in readme.split(fence).skip(1) {
            let block = block.split("```").next().unwrap();
            assert!(known.iter().any(|file| file.contains(block)), "no file holds:\n{block}");
            shown += 1;
        }
    }
    assert!(shown > 10, "only {shown} blocks were found");
}
