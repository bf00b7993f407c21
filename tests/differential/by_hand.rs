//! Lines and mapping files chosen by hand: the odd corners of numbers, tags, YAML,
//! durations, regexes and templates.
//!
//! Heat: cold.

use std::path::Path;

use crate::pair::{Pair, Setup, Transport, check_config, rival};
use crate::support::cases::data;

/// The lines of a file below `tests/data/differential`: without its comments and
/// empty lines, Rust's escapes undone.
fn entries(file: &str) -> Vec<String> {
    let text = std::fs::read_to_string(data(&format!("differential/{file}"))).unwrap();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with("# "));
    lines.map(str::to_owned).collect()
}

/// The bytes that a line with the escapes `\n`, `\r`, `\t`, `\0`, `\xHH` and `\\`
/// stands for.
fn bytes(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((before, escape)) = rest.split_once('\\') {
        out.extend_from_slice(before.as_bytes());
        let (byte, length) = match escape.as_bytes()[0] {
            b'n' => (b'\n', 1),
            b'r' => (b'\r', 1),
            b't' => (b'\t', 1),
            b'0' => (0, 1),
            b'x' => (u8::from_str_radix(&escape[1..3], 16).unwrap(), 3),
            other => (other, 1),
        };
        out.push(byte);
        rest = &escape[length..];
    }
    out.extend_from_slice(rest.as_bytes());
    out
}

/// Plays entries, many to a pair; where that makes a difference, each of them
/// again in a pair of its own. Those on purpose must differ still. `play` tells what it sees itself.
fn compare<T: Clone>(
    rival: &Path,
    entries: &[(String, T)],
    setup: &Setup,
    play: impl Fn(&Pair, &str, &T) -> Option<String>,
) -> Vec<String> {
    let of = |part: &[(String, T)]| -> Vec<String> {
        let pair = Pair::start(rival, setup);
        let told: Vec<_> = part
            .iter()
            .enumerate()
            .filter_map(|(at, (_, entry))| play(&pair, &format!("n{at}q"), entry))
            .collect();
        told.into_iter().chain(pair.differences()).collect()
    };
    let of_parts = |parts: &[(String, T)]| -> Vec<String> {
        if of(parts).is_empty() {
            return Vec::new();
        }
        let alone = parts.iter().map(|entry| (entry, of(std::slice::from_ref(entry))));
        alone
            .filter(|(_, differences)| !differences.is_empty())
            .map(|((entry, _), differences)| format!("{entry}\n    {}", differences.join("\n    ")))
            .collect()
    };
    let known = on_purpose();
    let (known, open): (Vec<_>, Vec<_>) = entries
        .iter()
        .cloned()
        .partition(|(entry, _)| known.iter().any(|(on_purpose, _)| on_purpose == entry));
    let alike = known.chunks(1).filter(|one| of(one).is_empty());
    let stale = alike.map(|one| format!("{}\n    no difference any more", one[0].0));
    open.chunks(25).flat_map(of_parts).chain(stale).collect()
}

fn report(found: &[String]) {
    assert!(found.is_empty(), "{} entries differ:\n{}", found.len(), found.join("\n"));
}

/// The entries that differ on purpose, each with its row: `entry => row`.
fn on_purpose() -> Vec<(String, String)> {
    let split = |text: &String| {
        let (entry, row) = text.split_once(" => ").expect("`entry => row`");
        (entry.to_owned(), row.to_owned())
    };
    entries("on-purpose").iter().map(split).collect()
}

#[test]
fn odd_lines_are_exposed_alike() {
    let Some(rival) = rival() else { return };
    let entries: Vec<_> =
        entries("lines").into_iter().map(|entry| (entry.clone(), entry)).collect();
    report(&compare(&rival, &entries, &Setup::default(), |pair, name, entry| {
        pair.send(Transport::Udp, &[bytes(&entry.replace('%', name))]);
        None
    }));
}

/// The entries of a file of rules: each line is a rule in flow style, put into a
/// file whose globs or regexes begin with `%`.
fn rule_files() -> Vec<(String, String)> {
    let rule = |entry: String| (entry.clone(), format!("mappings:\n- {{{entry}}}\n"));
    let file = |entry: String| (entry.clone(), String::from_utf8(bytes(&entry)).unwrap());
    let rules = entries("rules").into_iter().map(rule);
    rules.chain(entries("files").into_iter().map(file)).collect()
}

const SENT: [&str; 9] = [
    "%.a.b:1|c",
    "%.a.c:250|ms",
    "%.web.x:3|g",
    "%.a.b.c:1|c",
    "%:1|c",
    "%.A-B.c d:4|h|#job:tag,kk:t",
    "%.aé.b1:5|g",
    "%.aa.b:2|c",
    "%.x{1}.y:1|c",
];

#[test]
fn odd_mapping_files_are_taken_and_applied_alike() {
    let Some(rival) = rival() else { return };
    let empty = Setup { mapping: Some(Vec::new()), ..Setup::default() };
    let found = compare(&rival, &rule_files(), &empty, |pair, name, yaml| {
        let named = |text: &str| text.replace('%', name);
        let (here, there) = pair.reload(named(yaml).as_bytes());
        if here != there {
            return Some(format!("taken here: {here}, there: {there}"));
        }
        if here {
            let pieces: Vec<_> = SENT.iter().map(|line| named(line).into_bytes()).collect();
            pair.send(Transport::Udp, &pieces);
            // The next reload must not come before these lines are mapped.
            pair.rest();
        }
        None
    });
    report(&found);
}

#[test]
fn odd_mapping_files_pass_check_config_alike() {
    let Some(rival) = rival() else { return };
    let known = on_purpose();
    let verdict = |(entry, yaml): &(String, String)| {
        if known.iter().any(|(on_purpose, _)| on_purpose == entry) {
            return None;
        }
        let (here, there) = check_config(&rival, yaml.replace('%', "n").as_bytes());
        (here != there).then(|| format!("{entry}\n    taken here: {here}, there: {there}"))
    };
    let found: Vec<_> = rule_files().iter().filter_map(verdict).collect();
    report(&found);
}
