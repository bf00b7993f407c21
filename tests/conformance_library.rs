//! The recorded cases through the library: no socket, no thread, no clock.
//! Where this passes and `conformance_binary.rs` does not, the fault is above
//! waist 1 or waist 2.
//!
//! Heat: cold.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod support;

use statsd_bridge::mapping::RuleSet;
use statsd_bridge::model::TagStyles;
use support::cases::{self, Case, Play};
use support::library::LibraryBridge;

#[test]
fn every_recorded_case_shows_what_was_recorded() {
    let cases = cases::all();
    let steps: Vec<_> =
        cases.iter().filter(|case| matches!(case.play, Play::Steps { .. })).collect();
    cases::report(&cases::run_all(&steps, |case| case.play(&mut LibraryBridge::new(case))));
}

#[test]
fn every_recorded_mapping_is_taken_or_refused_as_recorded() {
    let cases = cases::all();
    let all: Vec<_> = cases.iter().collect();
    cases::report(&cases::run_all(&all, load));
}

fn load(case: &Case) -> Vec<String> {
    let Some(yaml) = &case.mapping else { return Vec::new() };
    let wanted = match case.play {
        Play::CheckConfig { ok } => ok,
        Play::Steps { .. } => true,
    };
    let loaded = RuleSet::parse(yaml, "mapping.yml", TagStyles::ALL);
    if loaded.is_ok() == wanted {
        return Vec::new();
    }
    vec![format!("wanted ok = {wanted}: {:?}", loaded.err().map(|error| error.to_string()))]
}
