//! Rounds of generated lines and mapping files.
//!
//! Heat: cold.

use std::path::Path;

use crate::dice::{self, Dice};
use crate::lines::Vocabulary;
use crate::mappings::{self, Mapping};
use crate::pair::{Pair, Setup, Transport, rival};

/// Rounds that one pair of processes lives through.
const ROUNDS_OF_A_PAIR: u64 = 10;
/// Lines of a round.
const LINES: usize = 250;
/// Processes that may be started to find out which lines make a difference.
const SEARCH: usize = 24;

/// What is sent in one round, and where to.
struct Round {
    mapping: Option<Mapping>,
    transport: Transport,
    pieces: Vec<Vec<u8>>,
}

impl Round {
    fn new(seed: u64, number: u64, mapped: bool) -> Self {
        let mut dice = Dice::new(seed, number);
        let prefix = format!("q{number}q");
        let mapping = mapped.then(|| mappings::mapping(&mut dice, &prefix));
        let mixed = mapping.as_ref().is_none_or(|mapping| !mapping.by_type);
        let words = Vocabulary::new(&mut dice, &prefix, mixed);
        let transport = if dice.percent(70) { Transport::Udp } else { Transport::Tcp };
        let pieces = words.pieces(&mut dice, LINES, transport == Transport::Udp);
        Self { mapping, transport, pieces }
    }

    fn yaml(&self) -> Option<Vec<u8>> {
        self.mapping.as_ref().map(|mapping| mapping.yaml.clone().into_bytes())
    }

    /// The differences that these pieces make in a fresh pair.
    fn alone(&self, rival: &Path, flags: &[String], pieces: &[Vec<u8>]) -> Vec<String> {
        let setup = Setup { mapping: self.yaml(), flags: flags.to_vec() };
        let pair = Pair::start(rival, &setup);
        pair.send(self.transport, pieces);
        pair.differences()
    }

    /// Fewer pieces that still make a difference.
    fn search(&self, rival: &Path, flags: &[String]) -> (Vec<Vec<u8>>, Vec<String>) {
        let mut pieces = self.pieces.clone();
        let mut found = Vec::new();
        let mut size = pieces.len().div_ceil(2);
        let mut at = 0;
        for _ in 0..SEARCH {
            if at >= pieces.len() {
                (at, size) = (0, size.div_ceil(2));
            }
            let mut fewer = pieces.clone();
            fewer.drain(at..(at + size).min(pieces.len()));
            let differences = self.alone(rival, flags, &fewer);
            if differences.is_empty() {
                at += size;
            } else {
                (pieces, found) = (fewer, differences);
            }
        }
        (pieces, found)
    }
}

fn report(
    seed: u64,
    number: u64,
    round: &Round,
    differences: &[String],
    rival: &Path,
    flags: &[String],
) -> String {
    let (pieces, found) = round.search(rival, flags);
    let few = pieces.iter().take(12);
    let shown: Vec<_> = few.map(|piece| format!("    {}", piece.escape_ascii())).collect();
    let yaml = round.mapping.as_ref().map_or("", |mapping| &mapping.yaml);
    let found = if found.is_empty() { differences } else { &found };
    let first: Vec<_> = found.iter().take(8).map(String::as_str).collect();
    format!(
        "seed {seed}, round {number}, {:?}, flags {flags:?}:\n  {}\n  {} pieces:\n{}\n{yaml}",
        round.transport,
        first.join("\n  "),
        pieces.len(),
        shown.join("\n")
    )
}

/// Plays rounds with one pair after the other.
fn play(rival: &Path, rounds: u64, mapped: bool, flags_of: impl Fn(&mut Dice) -> Vec<String>) {
    let seed = dice::seed();
    let mut reports = Vec::new();
    let mut pair: Option<(Pair, Vec<String>)> = None;
    for number in 0..rounds {
        let round = Round::new(seed, number, mapped);
        if number % ROUNDS_OF_A_PAIR == 0 || pair.is_none() {
            let flags = flags_of(&mut Dice::new(seed, u64::MAX - number));
            let setup = Setup { mapping: round.yaml(), flags: flags.clone() };
            pair = Some((Pair::start(rival, &setup), flags));
        } else if let (Some((pair, _)), Some(yaml)) = (&pair, round.yaml()) {
            let taken = pair.reload(&yaml);
            assert_eq!(
                taken,
                (true, true),
                "seed {seed}, round {number}: here, there\n{}",
                String::from_utf8_lossy(&yaml)
            );
        }
        let Some((both, flags)) = &pair else { unreachable!() };
        both.send(round.transport, &round.pieces);
        let differences = both.differences();
        if !differences.is_empty() {
            reports.push(report(seed, number, &round, &differences, rival, flags));
            pair = None;
        }
        assert!(reports.len() < 5, "{}", reports.join("\n"));
    }
    assert!(reports.is_empty(), "{}", reports.join("\n"));
    eprintln!("{rounds} rounds, {} lines, seed {seed}", rounds * LINES as u64);
}

#[test]
fn generated_lines_are_exposed_alike() {
    let Some(rival) = rival() else { return };
    play(&rival, dice::rounds(20), false, |dice| {
        let styles = ["dogstatsd", "influxdb", "librato", "signalfx"];
        let off = styles.iter().filter(|_| dice.percent(15));
        off.map(|style| format!("--no-statsd.parse-{style}-tags")).collect()
    });
}

#[test]
fn generated_mappings_are_applied_alike() {
    let Some(rival) = rival() else { return };
    play(&rival, dice::rounds(40), true, |_| Vec::new());
}

#[test]
fn damaged_mapping_files_are_taken_or_refused_alike() {
    let Some(rival) = rival() else { return };
    let seed = dice::seed();
    let pair = Pair::start(&rival, &Setup { mapping: Some(Vec::new()), ..Setup::default() });
    let mut unlike = Vec::new();
    for number in 0..dice::rounds(200) {
        let mut dice = Dice::new(seed, number);
        let good = mappings::mapping(&mut dice, "q").yaml;
        let yaml = mappings::damaged(&mut dice, &good);
        let (here, there) = pair.reload(yaml.as_bytes());
        if here != there {
            unlike.push(format!("round {number}: here {here}, there {there}:\n{yaml}"));
        }
    }
    assert!(unlike.is_empty(), "seed {seed}: {}:\n{}", unlike.len(), unlike.join("\n"));
    let differences = pair.differences();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
