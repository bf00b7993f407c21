//! Cache on = cache off: a worker that remembers routes and one that parses and
//! maps every line anew count and record the same, for any traffic, across rule
//! reloads, expiry, conflicts, and a second worker on the same engine.
//!
//! Heat: cold.

mod relations;

use proptest::prelude::*;

use relations::cache::{Step, both_ways};
use relations::scene::RULES;

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => datagram(4).prop_map(|text| Step::Datagram(text.into_bytes())),
        5 => prop::collection::vec(datagram(40).prop_map(String::into_bytes), 1..6)
            .prop_map(Step::Datagrams),
        3 => (1_u32..4).prop_map(Step::Wait),
        1 => (0..RULES.len()).prop_map(Step::Reload),
    ]
}

/// Fewer than `most` lines.
fn datagram(most: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(line(), 1..most).prop_map(|lines| lines.join("\n"))
}

/// Lines from few spellings, so that each is met often.
fn line() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "a",
        "a.x",
        "b.y",
        "b.",
        "c",
        "c_sum",
        "d.z",
        "e,k=v",
        "e#k=v",
        "e[k=v]f",
        "b.y,k=v",
        "g",
        "statsd_exporter_lines_total",
        "",
    ]);
    let value = prop::sample::select(vec![
        "1", "2.5", "-3", "+4", "0", "1e3", "nan", "inf", "-inf", "1e308", "x", "1:2", "-0",
    ]);
    let tail = prop::sample::select(vec![
        "|c",
        "|g",
        "|ms",
        "|h",
        "|d",
        "|s",
        "|c|@0.1",
        "|ms|@0.3",
        "|ms|@1e-9",
        "|c|@2",
        "|c|@0.5|@0.5",
        "|g|@0.1",
        "|c|#k:v",
        "|ms|#k:v,k2:w",
        "|ms|#quantile:1",
        "|h|#le:1",
        "|c|#__x:1,y:2",
        "|c|c:id",
        "|c|@x",
        "|c:2|c",
        "|g|#k:v|@0.2|T1|c:q",
        "|",
        "",
    ]);
    (name, value, tail).prop_map(|(name, value, tail)| format!("{name}:{value}{tail}"))
}

/// Found by the property below: between the two, another family has taken
/// `c_sum`, and what was refused for its label was refused as a conflict.
#[test]
fn a_refusal_for_a_label_stays_one() {
    let datagram = |text: &str| Step::Datagram(text.into());
    let refused = "c_sum:1|ms|#quantile:1";
    both_ways(&[datagram(refused), datagram("c:1e308|ms"), datagram(refused)]);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_worker_with_a_cache_does_what_one_without_does(
        steps in prop::collection::vec(step(), 1..60)
    ) {
        both_ways(&steps);
    }
}
