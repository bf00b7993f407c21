//! A datagram split at any line feed means the same as its pieces: the same
//! numbers, the same counters, whichever way the lines come.
//!
//! A datagram has one line more than it has line feeds, so each split keeps the
//! number of lines: the feed that is taken away is made up for by the second
//! datagram. A stream ends its last line with a feed, so it has one empty line
//! less than a datagram that ends in one (behaviour.md 1).
//!
//! Heat: cold.

use std::sync::Arc;

use statsd_bridge::ingest::Worker;
use statsd_bridge::listener::lines::{LONGEST_LINE, Lines};
use statsd_bridge::model::{Outcome, Tick};
use statsd_bridge::registry::Limits;

use super::scene::{self, Scene};

const NOW: Tick = Tick(7);

/// The first byte chooses the rules, the second where to split; the rest is a
/// datagram.
pub fn assert_relation(input: &[u8]) {
    let [rules, split, datagram @ ..] = input else { return };
    let (rules, split) = (usize::from(*rules), usize::from(*split));
    let pieces: Vec<&[u8]> = datagram.split(|byte| *byte == b'\n').collect();
    let whole = seen(rules, |worker| worker.ingest_datagram(datagram, NOW));
    let show = || String::from_utf8_lossy(datagram);

    let (first, second) = halves(datagram, split);
    let in_two = seen(rules, |worker| {
        worker.ingest_datagram(first, NOW);
        worker.flush();
        if let Some(second) = second {
            worker.ingest_datagram(second, NOW);
        }
    });
    assert_eq!(in_two, whole, "in two: {}", show());

    let in_many = seen(rules, |worker| worker.ingest_datagrams(pieces.iter().copied(), NOW));
    assert_eq!(in_many, whole, "line by line, in one batch: {}", show());

    let as_lines = seen(rules, |worker| {
        let lines = pieces.iter().map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        lines.for_each(|line| worker.ingest_line(line, NOW));
    });
    assert_eq!(as_lines, whole, "as lines: {}", show());

    if pieces.iter().all(|line| line.len() <= LONGEST_LINE) {
        let as_stream = seen(rules, |worker| stream(worker, datagram, split));
        let (scraped, mut counted) = whole;
        if datagram.is_empty() || datagram.ends_with(b"\n") {
            for at in [scene::place_of(Outcome::EmptyLine), scene::LINES] {
                counted[at] -= 1;
            }
        }
        assert_eq!(as_stream, (scraped, counted), "as a stream: {}", show());
    }
}

/// What can be seen of a new engine after a worker took something.
fn seen(rules: usize, take: impl FnOnce(&mut Worker)) -> (String, Vec<u64>) {
    let scene = Scene::new(scene::rules(rules), Limits { max_series: 40, ..Limits::default() });
    let mut worker = Worker::new(Arc::clone(&scene.engine));
    take(&mut worker);
    worker.flush();
    (scene.scrape(NOW), scene.counted())
}

/// The datagram without one of its line feeds, before and behind it.
fn halves(datagram: &[u8], split: usize) -> (&[u8], Option<&[u8]>) {
    let feeds: Vec<usize> = (0..datagram.len()).filter(|at| datagram[*at] == b'\n').collect();
    match feeds.get(split % feeds.len().max(1)) {
        Some(at) => (&datagram[..*at], Some(&datagram[at + 1..])),
        None => (datagram, None),
    }
}

/// The bytes as a stream that comes in two pieces, cut anywhere.
fn stream(worker: &mut Worker, bytes: &[u8], cut: usize) {
    let mut lines = Lines::default();
    let (first, second) = bytes.split_at(cut % (bytes.len() + 1));
    for piece in [first, second] {
        lines.feed(piece, |line| worker.ingest_line(line, NOW)).unwrap();
    }
    lines.finish(|line| worker.ingest_line(line, NOW));
}
