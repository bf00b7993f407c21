//! What was recorded once, played again: the cases and the captured traffic.
//!
//! Heat: cold.

use std::time::Duration;

use crate::pair::{Pair, Setup, Transport, check_config, rival};
use crate::support::capture;
use crate::support::cases::{self, Case, Play, Step};

/// Cases that differ on purpose, and their rows in COMPATIBILITY.md.
const ON_PURPOSE: [(&str, &str); 3] = [
    ("config-one-letter-label", "a rule label of one letter"),
    ("dogstatsd-container-and-timestamp", "`b:1|c|c:ID` without tags"),
    ("lines-in-a-datagram", "`\r\n` over UDP or unixgram"),
];

/// Differences in a case that are there on purpose: how they begin, and their rows.
const DIFFERENCES_ON_PURPOSE: [(&str, &str, &str); 1] =
    [("ttl", "own value statsd_exporter_metrics_total", "`metrics_total` never falls")];

fn on_purpose(case: &Case) -> bool {
    ON_PURPOSE.iter().any(|(name, _)| *name == case.name)
}

#[test]
fn recorded_cases_are_exposed_alike() {
    let Some(rival) = rival() else { return };
    let cases = cases::all();
    let cases: Vec<_> = cases.iter().filter(|case| !on_purpose(case)).collect();
    cases::report(&cases::run_all(&cases, |case| match &case.play {
        Play::CheckConfig { .. } => {
            let yaml = case.mapping.as_deref().unwrap_or_default();
            let (here, there) = check_config(&rival, yaml.as_bytes());
            if here == there { Vec::new() } else { vec![format!("here {here}, there {there}")] }
        }
        Play::Steps { steps, .. } => {
            let mapping = case.mapping.clone().map(String::into_bytes);
            let pair = Pair::start(&rival, &Setup { mapping, flags: case.flags.clone() });
            let known = |difference: &String| {
                let on_purpose = |(name, begin, _): &(&str, &str, &str)| {
                    *name == case.name && difference.starts_with(begin)
                };
                DIFFERENCES_ON_PURPOSE.iter().any(on_purpose)
            };
            let differences = steps.iter().flat_map(|step| play(&pair, step));
            differences.filter(|difference| !known(difference)).collect()
        }
    }));
}

fn play(pair: &Pair, step: &Step) -> Vec<String> {
    match step {
        Step::Udp(datagrams) => pair.send(Transport::Udp, datagrams),
        Step::Unixgram(datagrams) => drop(pair.both(|side| side.unixgram(datagrams))),
        Step::Tcp(bytes) => drop(pair.both(|side| side.stream(bytes))),
        Step::Reload(yaml) => drop(pair.reload(yaml.as_bytes())),
        Step::Wait(seconds) => std::thread::sleep(Duration::from_secs_f64(*seconds)),
        Step::Expect(_) => return pair.differences(),
    }
    Vec::new()
}

#[test]
fn the_capture_is_exposed_alike() {
    let Some(rival) = rival() else { return };
    let mapping = Some(capture::published_mapping().into_bytes());
    for file in ["mastodon.jsonl", "mastodon-batched.jsonl"] {
        let pair = Pair::start(&rival, &Setup { mapping: mapping.clone(), ..Setup::default() });
        pair.send(Transport::Udp, &capture::datagrams(file));
        let differences = pair.differences();
        assert!(differences.is_empty(), "{file}:\n{}", differences.join("\n"));
    }
    let pair = Pair::start(&rival, &Setup { mapping, ..Setup::default() });
    pair.both(|side| side.stream(&capture::tcp_stream()));
    let differences = pair.differences();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
