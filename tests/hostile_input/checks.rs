//! What must hold after every entry of the table.
//!
//! Heat: cold.

use std::collections::BTreeMap;

use super::support::bridge::Bridge;
use super::support::client_model::{as_text, decode};
use super::support::exposition::{Exposition, is_own, parse, split_series};
use super::support::go_number::go_number;
use super::support::http;
use super::support::openmetrics_parser::{Parser, agree};

const PROTOBUF: &str = "application/vnd.google.protobuf;\
                        proto=io.prometheus.client.MetricFamily;encoding=delimited";
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0";

/// Labels that the bridge's own series have.
const OWN_LABELS: [&str; 21] = [
    "action",
    "address",
    "branch",
    "code",
    "end",
    "family",
    "goarch",
    "goos",
    "goversion",
    "index",
    "kind",
    "metric_name",
    "outcome",
    "reason",
    "revision",
    "tags",
    "target",
    "transport",
    "warning",
    "type",
    "version",
];

fn ask(bridge: &Bridge, accept: &str, kind: &str) -> Vec<u8> {
    let answer = http::request(bridge.web(), "GET", "/metrics", &[("Accept", accept)]).unwrap();
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-type").unwrap().starts_with(kind));
    answer.body
}

/// The same scrape without what the bridge says of itself, which changes from
/// one scrape to the next.
fn received(mut scrape: Exposition) -> Exposition {
    scrape.samples = scrape.received();
    scrape.types.retain(|family, _| !is_own(family));
    scrape.help.retain(|family, _| !is_own(family));
    scrape
}

/// As text, in which NaN is NaN and there is no negative zero.
fn numbers(scrape: &Exposition) -> BTreeMap<&str, String> {
    scrape.samples.iter().map(|(series, value)| (series.as_str(), go_number(value + 0.0))).collect()
}

/// All formats are valid and say the same.
pub fn check_formats(bridge: &Bridge, parser: Option<&mut Parser>, start: f64) {
    let text = received(parse(&ask(bridge, "", "text/plain")).unwrap());
    let protobuf = received(as_text(&decode(&ask(bridge, PROTOBUF, "application/vnd.google"))));
    assert_eq!(numbers(&protobuf), numbers(&text));
    assert_eq!((&protobuf.types, &protobuf.help), (&text.types, &text.help));
    let openmetrics = ask(bridge, OPENMETRICS, "application/openmetrics-text");
    assert!(openmetrics.ends_with(b"\n# EOF\n"));
    let Some(parser) = parser else { return };
    let mut found = parser.read(&openmetrics).unwrap();
    let is_counter = |family: &String| found.families[family].0 == "counter";
    let counters: Vec<String> = found.families.keys().filter(|f| is_counter(f)).cloned().collect();
    let mine = |family: &String| {
        is_own(family) || counters.contains(family) && is_own(&format!("{family}_total"))
    };
    found.samples.retain(|_, (_, family)| !mine(family));
    found.families.retain(|family, _| !mine(family));
    agree(&found, &text, &(start - 5.0..start + 600.0));
}

/// Nobody has written into the bridge's own families: they have their types and
/// help texts, and labels of their own only.
pub fn check_own(what: &str, before: &Exposition, after: &Exposition) {
    for (family, kind) in before.types.iter().filter(|(family, _)| is_own(family)) {
        assert_eq!(after.types.get(family), Some(kind), "{what}: {family}");
        assert_eq!(after.help.get(family), before.help.get(family), "{what}: {family}");
    }
    let mut own = 0;
    for series in after.samples.keys().filter(|series| is_own(&after.family_of[*series])) {
        own += 1;
        for label in split_series(series).1.keys() {
            assert!(OWN_LABELS.contains(&label.as_str()), "{what}: {series}");
        }
    }
    // Conflicts are told by name, for 10,000 names at most, and so are refused
    // series, for 100.
    assert!(own < 10_300, "{what}: {own} series of the bridge's own");
    let build = |scrape: &Exposition| {
        scrape.samples.keys().find(|series| series.contains("build_info")).cloned()
    };
    assert_eq!(build(before), build(after), "{what}");
}

/// How many events were recorded.
pub fn events(scrape: &Exposition) -> u64 {
    let of = |kind: &str| scrape.own(&format!("events_total{{type=\"{kind}\"}}"));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
    let sum = ["counter", "gauge", "observer"].into_iter().map(of).sum::<f64>() as u64;
    sum
}

/// The memory of a process, in bytes.
pub fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

/// The processor time of a process, its own and the kernel's for it, in
/// hundredths of a second.
pub fn cpu_ticks(process: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}
