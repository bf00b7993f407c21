//! The mapping files: two that are loaded in turns, and some that must be
//! refused. What is gold means the same in both.
//!
//! Heat: cold.

use std::fmt::Write;

/// How long brief series live, in seconds, by either file.
pub const BRIEF: [u64; 2] = [2, 3];
/// The most series of a family; one family is sent more.
pub const PER_FAMILY: usize = 5_000;

const PUBLISHED: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/mastodon/published-mapping.yml"));

const GOLD: &str = "
  - {match: 'gold.hits.*', name: gold_hits, labels: {via: $1}}
  - {match: 'gold.level.*', name: gold_level, labels: {via: $1}}
  - {match: 'gold.balance.*', name: gold_balance, labels: {via: $1}}
  - {match: 'gold.took.*', name: gold_took, observer_type: summary, labels: {via: $1}}
  - match: 'gold.size.*'
    name: gold_size
    observer_type: histogram
    histogram_options: {buckets: [1, 10, 100]}
    labels: {via: $1}
  - {match: 'crowd.*', name: crowd, labels: {member: $1}}
  - {match: 'refuse.*', name: refused, action: drop}
";

/// Rules that nothing is sent to, so that the files differ in size too.
const IDLE: usize = 300;

/// One of the two, 0 or 1.
pub fn file(which: usize) -> String {
    let (ttl, swing) = (BRIEF[which], ["summary", "histogram"][which]);
    let mut text = format!("{}{GOLD}", PUBLISHED.trim_end());
    for (name, kind) in [("hits", "summary"), ("level", "summary"), ("took", "summary")]
        .into_iter()
        .chain([("size", "histogram")])
    {
        let _ = writeln!(
            text,
            "  - {{match: 'brief.{name}.*', name: brief_{name}, observer_type: {kind}, \
             ttl: {ttl}s, labels: {{number: $1}}}}"
        );
    }
    let _ = writeln!(
        text,
        "  - {{match: 'fleeting.*.*', name: 'fleeting_$1', ttl: 1s, labels: {{of: $2}}}}\n  \
         - {{match: 'swing.*', name: swing, observer_type: {swing}, ttl: 1s, labels: {{n: $1}}}}"
    );
    for idle in 0..IDLE * which {
        let _ = writeln!(text, "  - {{match: 'idle.{idle}.*.x', name: idle_{idle}}}");
        if idle % 10 == 0 {
            let _ = writeln!(
                text,
                "  - {{match: 'idle\\.{idle}\\.(.+)\\.y', match_type: regex, name: idle_{idle}}}"
            );
        }
    }
    text
}

/// Files that must be refused, each for another reason.
pub fn broken(turn: usize) -> Vec<u8> {
    let good = file(0).into_bytes();
    match turn % 5 {
        0 => good[..good.len() - 20].to_vec(),
        1 => [&good[..], b"  - {match: 'a.*'}\n"].concat(),
        2 => [&good[..], b"  - {match: 'a(.*', match_type: regex, name: a}\n"].concat(),
        3 => [&good[..], b"  - {match: 'a.*', name: \"\xff\xfe\"}\n"].concat(),
        _ => [&good[..], b"  - {match: 'a.*', name: 'a', ttl: soon}\n"].concat(),
    }
}
