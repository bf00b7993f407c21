//! What a line leaves behind is finite, under valid names, and costs no more than
//! its length allows.
//!
//! Cost is counted, not timed: allocations, bytes allocated, and the bytes of
//! what stays in the registry. The binary that calls this has to count
//! (`counting.rs`).
//!
//! Why the bounds are what they are. Four bytes (`,k=v`) make a label: two texts
//! and a place in a list, about one allocation a byte, for each time that the
//! tags are read. Samples of one kind and the same tags read them once, and a
//! line whose samples differ in their tags is refused the rest of them once it
//! has read sixteen times its own length. A reading asks for 32 bytes a label for
//! the list, as many again to sort it, and some thirty for the two texts: at four
//! bytes a label and sixteen readings, up to 380 bytes a byte. An observation of
//! its own octave costs a chunk of 256 bytes, and is four bytes long at least; a
//! summary has 64 of them, a native histogram as many as values. What stays of
//! sixteen readings is their text, with quotes and escapes two to three times as
//! long.
//!
//! Heat: cold.

use std::sync::Arc;

use statsd_bridge::ingest::Worker;
use statsd_bridge::metric::NativeReading;
use statsd_bridge::model::{MetricKind, Outcome, Tick, Update};
use statsd_bridge::registry::{Limits, Series, Value};

use super::counting::{Asked, asked, assert_counts};
use super::exposition;
use super::scene::{self, Scene};

const NOW: Tick = Tick(7);

/// What a line of so many bytes may ask for.
const fn most(length: u64) -> Asked {
    Asked { times: 400 + 24 * length, bytes: 32_768 + 512 * length }
}

/// The bytes of text that a line of so many bytes may leave.
const fn most_text(length: usize) -> usize {
    4096 + 48 * length
}

/// The first byte chooses the rules; the rest, up to a line feed, is a line.
pub fn assert_relation(input: &[u8]) {
    let Some((rules, line)) = input.split_first() else { return };
    let line = line.split(|byte| *byte == b'\n').next().unwrap_or_default();
    assert_counts();
    let scene = Scene::all_new(scene::rules(usize::from(*rules)), Limits::default());
    let mut worker = Worker::new(Arc::clone(&scene.engine));
    // What the first line of any worker costs is not this line's.
    worker.ingest_line(b"d.warm:1|c|#k:v", NOW);
    let cost = asked(|| worker.ingest_line(line, NOW));
    worker.flush();
    check(line, cost, &scene);
}

fn check(line: &[u8], cost: Asked, scene: &Scene) {
    let (show, length) = (String::from_utf8_lossy(line), line.len());
    let most = most(length as u64);
    assert!(cost.times <= most.times && cost.bytes <= most.bytes, "{cost:?} of {length}: {show}");
    let samples = scene.samples() - 1;
    let colons = show.matches(':').count() as u64;
    assert!(samples <= colons, "{samples} samples: {show}");
    let observed = scene.weight(Outcome::recorded(MetricKind::Observer));
    assert!(observed <= samples * u64::from(Update::MAX_WEIGHT), "{observed} events: {show}");
    let left = left_behind(scene);
    assert!(left.series <= samples + 1, "{left:?}: {show}");
    assert!(left.text <= most_text(length), "{left:?} of {length}: {show}");
    assert_eq!(left.observations, observed, "{show}");
}

/// What the registry holds.
#[derive(Debug, Default)]
struct Left {
    series: u64,
    text: usize,
    observations: u64,
}

/// Looks at every number of the registry, and reads the names in its exposition
/// as strictly as can be.
fn left_behind(scene: &Scene) -> Left {
    let mut left = Left::default();
    for family in scene.engine.registry().snapshot() {
        let mut from = 0;
        while let Some((place, series)) = family.live_from(from) {
            left.series += 1;
            left.text += series.text().len();
            left.observations += observations_of(series);
            from = place + 1;
        }
    }
    let text = scene.scrape(NOW);
    if let Err(errors) = exposition::parse(text.as_bytes()) {
        panic!("{errors:?} in {text}");
    }
    left
}

/// How many observations it holds; its numbers are finite, but for a gauge's.
fn observations_of(series: &Series) -> u64 {
    match series.value() {
        Value::Counter(_, counter) => {
            assert!(counter.value().is_finite() && counter.value() >= 0.0, "{series:?}");
            0
        }
        Value::Gauge(..) => 0,
        Value::Summary(_, summary) => {
            let (count, sum) = summary.totals();
            assert!(sum.is_finite(), "{series:?}");
            count
        }
        Value::Histogram(_, histogram) => {
            let (mut cumulative, mut native) = (Vec::new(), NativeReading::default());
            let sum = histogram.read(&mut cumulative);
            assert!(sum.is_finite(), "{series:?}");
            let count = cumulative.last().copied().unwrap_or_default();
            let same = !histogram.native(&mut native) || native.total() == count;
            assert!(same, "{count} observations, and {} native ones", native.total());
            count
        }
    }
}
